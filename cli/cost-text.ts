import type { BuildCost, CostReport } from "#service/view/cost.ts";
import { oneLine } from "#terminal/readable.ts";
import { counted } from "./author/plan-text.ts";
import { colors } from "./colors.ts";

/** What pipelines took of build machines, for a terminal. */
export function costText(report: CostReport): string {
  const { pipelines, total, assumed } = report;
  if (pipelines.length === 0) return "No pipeline ran a job in this time.";
  const width = Math.max(...pipelines.map(({ project }) => project.length));
  const lines = pipelines.map(
    (cost) =>
      `${String(cost.id).padStart(6)}  ${oneLine(cost.project).padEnd(width)}  ${cost.executor.padEnd(16)}  ${amounts(cost)}  ${counted(cost.jobs, "job").padStart(8)}  ${seconds(cost)}`,
  );
  return [
    ...lines,
    "",
    ...total.by_compute.map((cost) => `${"total".padStart(6)}  ${cost.compute}: ${amounts(cost)}`),
    "",
    `The same jobs with each executor, ${assumed.provisioning_seconds} s until a machine is up:`,
    ...total.as_if.map((cost) => `  ${cost.executor.padEnd(16)}  ${amounts(cost)}`),
    "",
    ...notes(report).map(colors.dim),
  ].join("\n");
}

function notes(report: CostReport): readonly string[] {
  return [
    `Prices of ${report.region} as of ${report.prices_as_of}; a minute that was begun counts whole.`,
    `Webhooks beside that: $${report.webhooks_per_million.dollars.toFixed(2)} a million (docs/cost.md).`,
    ...(report.billed
      ? []
      : ["This machine costs nothing by the minute: the dollars are what AWS would charge."]),
    ...(report.cut === true
      ? ["There are more pipelines: only the newest are in this report."]
      : []),
  ];
}

function amounts(cost: BuildCost): string {
  const dollars = cost.dollars === undefined ? "no price known" : `$${cost.dollars.toFixed(3)}`;
  return `${counted(cost.environments, "build").padStart(10)}  ${String(cost.minutes).padStart(5)} min  ${dollars.padStart(9)}`;
}

function seconds(cost: CostReport["pipelines"][number]): string {
  const waited = cost.waited_seconds > 0 ? `, ${cost.waited_seconds} s in line` : "";
  return `${cost.provisioning_seconds} s provisioning${waited}`;
}
