import type { CompileResult, PlannedJob } from "#language/plan.ts";
import { colors } from "../colors.ts";
import { harmless } from "./display-width.ts";

/** A compiled plan for people: stages with their jobs in columns, and what is special about each. */
export function resultText(result: CompileResult): string {
  switch (result.status) {
    case "created":
      return planText(result.plan.stages, result.plan.jobs);
    case "skipped":
      return "skipped: the commit message asks for no pipeline";
    case "filtered":
      return result.reason === "filtered_by_workflow_rules"
        ? "filtered: `workflow:rules` let no pipeline be made for this push"
        : "filtered: no job is in this pipeline; `rules`, `only` and `except` leave all out";
    case "invalid":
      return "invalid: no pipeline can be made";
  }
}

function planText(stages: readonly string[], jobs: readonly PlannedJob[]): string {
  const rows = jobs.map((job) => ({ job, name: harmless(job.name), image: imageOf(job) }));
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const imageWidth = Math.max(...rows.map(({ image }) => image.length));
  const lines = stages.flatMap((stage) => [
    colors.bold(harmless(stage)),
    ...rows
      .filter(({ job }) => job.stage === stage)
      .map(({ job, name, image }) =>
        `  ${name.padEnd(nameWidth)}  ${colors.dim(image.padEnd(imageWidth))}  ${notes(job)}`.trimEnd(),
      ),
  ]);
  const count = `${counted(jobs.length, "job")} in ${counted(stages.length, "stage")}`;
  return [...lines, colors.dim(`created: ${count}`)].join("\n");
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function imageOf({ image, trigger }: PlannedJob): string {
  return trigger === undefined ? harmless(image?.name ?? "-") : "child pipeline";
}

function notes(job: PlannedJob): string {
  const { needs, when, startInSeconds, allowFailureExitCodes, services, retry } = job;
  const delay = startInSeconds === undefined ? "" : ` ${startInSeconds} s`;
  const parts = [
    when === "on_success" ? undefined : `when ${when}${delay}`,
    needs === undefined
      ? undefined
      : `needs ${needs.map((need) => need.job).join(", ") || "nothing"}`,
    allowFailureExitCodes === undefined
      ? undefined
      : `may fail with exit code ${allowFailureExitCodes.join(", ")}`,
    job.allowFailure ? "may fail" : undefined,
    services.length === 0 ? undefined : `with ${services.map(({ name }) => name).join(", ")}`,
    job.deploymentEnvironment && `environment ${job.deploymentEnvironment.name}`,
    retry.max === 0 ? undefined : `retry ${retry.max}`,
    job.resourceGroup === undefined ? undefined : `resource group ${job.resourceGroup}`,
    job.rulesMatched === undefined ? undefined : `rule ${job.rulesMatched + 1}`,
  ];
  return harmless(parts.filter((part) => part !== undefined).join(" · "));
}
