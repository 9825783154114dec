import { parseArgs } from "node:util";
import { defined } from "#language/defined.ts";
import type { Benchmark, Row } from "./report.ts";
import { type Figures, figuresOf } from "./simulation/figures.ts";
import { partitionReads, partitionWrites } from "./simulation/key-load.ts";
import { simulate } from "./simulation/simulate.ts";

/** Alone it is as large as the product's own goal; among all other benchmarks a sample of it. */
const wholeSize = 10_000;
const sampleSize = 200;
const pushSeconds = 3600;

/**
 * Pipelines of five jobs pushed in one simulated hour, with events and messages lost and doubled: nothing may be
 * lost, no script run twice, and one pipeline has to cost as much as in a run of a tenth of the size.
 */
export const benchmark: Benchmark = {
  title: "Simulation (five-job pipelines pushed in one hour, CodeBuild as a model)",
  run: async () => {
    const { pipelines, limits } = sizes();
    const rows: Row[] = [];
    for (const limit of limits) {
      const tenth = Math.max(1, Math.round(pipelines / 10));
      // As many a second, for a tenth of the time: what grows with the length of the line would show.
      const small = await measured(tenth, limit, pushSeconds / 10);
      const whole = await measured(pipelines, limit, pushSeconds);
      rows.push(...rowsOf(`limit ${limit}`, pipelines, whole, { tenth, small }));
      if (whole.lost + whole.doubled + small.lost + small.doubled > 0) process.exitCode = 1;
    }
    return rows;
  },
};

function sizes(): { readonly pipelines: number; readonly limits: readonly number[] } {
  const { values, positionals } = parseArgs({
    options: { pipelines: { type: "string" }, limit: { type: "string", multiple: true } },
    allowPositionals: true,
  });
  const whole = positionals.includes("simulation") ? wholeSize : sampleSize;
  return {
    pipelines: Number(values.pipelines ?? whole),
    limits: values.limit?.map(Number) ?? [20, 100, 1000],
  };
}

async function measured(pipelines: number, limit: number, seconds: number): Promise<Figures> {
  const began = performance.now();
  const simulation = await simulate({ pipelines, limit, pushSeconds: seconds });
  const took = ((performance.now() - began) / 1000).toFixed(0);
  const hours = (simulation.seconds / 3600).toFixed(1);
  console.log(`  ${pipelines} pipelines, limit ${limit}: ${hours} simulated hours in ${took} s`);
  for (const [message, times] of simulation.errors) console.log(`    ${times} × ${message}`);
  return figuresOf(simulation, pipelines);
}

function rowsOf(
  name: string,
  pipelines: number,
  whole: Figures,
  { tenth, small }: { readonly tenth: number; readonly small: Figures },
): readonly Row[] {
  const row = (what: string, value: number, unit: string, goal?: string): Row => ({
    name: `${name}: ${what}`,
    value,
    unit,
    ...defined({ goal }),
  });
  const cost = (what: string, key: keyof Figures["costs"]): Row => ({
    ...row(`${what} per pipeline`, whole.costs[key], ""),
    floor: { name: `${tenth} pipelines`, value: small.costs[key] },
  });
  const { writes, reads } = whole.busiest;
  return [
    row("pipelines lost", whole.lost, `of ${pipelines}`, "0"),
    row("scripts not run exactly once", whole.doubled, `of ${5 * pipelines}`, "0"),
    row("most builds at a time", whole.mostBuilds, ""),
    row("until the last one ended", whole.seconds / 3600, "h"),
    ...whole.waiting.flatMap(({ kind, p50, p95 }) => [
      row(`push to first job, ${kind}, p50`, p50 / 60, "min"),
      row(`push to first job, ${kind}, p95`, p95 / 60, "min"),
    ]),
    cost("builds started", "startsAccepted"),
    cost("StartBuild refused", "startsRefused"),
    cost("build minutes", "buildMinutes"),
    cost("BatchGetBuilds", "observations"),
    cost("messages", "messages"),
    cost("table writes, units", "writeUnits"),
    cost("table reads, units", "readUnits"),
    cost("statuses posted", "statuses"),
    row(`busiest key, writes (${writes.key})`, writes.peak, "/s", `< ${partitionWrites}`),
    row(`busiest key, reads (${reads.key})`, reads.peak, "/s", `< ${partitionReads}`),
  ];
}
