import { jobsOfPipeline } from "./forge-model.ts";
import { kindOfProject } from "./projects.ts";
import type { Simulation } from "./simulate.ts";

export type Waiting = { readonly kind: string; readonly p50: number; readonly p95: number };

export type Figures = {
  /** Pushed, but not ended in success. */
  readonly lost: number;
  /** Scripts that were run more than once, or not at all in a pipeline that passed; pipelines beyond the pushes. */
  readonly doubled: number;
  readonly seconds: number;
  /** Of each pipeline. */
  readonly costs: {
    readonly startsAccepted: number;
    readonly startsRefused: number;
    readonly observations: number;
    readonly buildMinutes: number;
    readonly messages: number;
    readonly writeUnits: number;
    readonly readUnits: number;
    readonly statuses: number;
  };
  readonly mostBuilds: number;
  /** The busiest second of any partition key. */
  readonly busiest: Readonly<Record<"writes" | "reads", { key: string; peak: number }>>;
  /** Seconds from the push to the first job, by kind of project. */
  readonly waiting: readonly Waiting[];
};

export function figuresOf(simulation: Simulation, pushed: number): Figures {
  const { pipelines, runs, builds, queue, table } = simulation;
  const passed = pipelines.filter(({ status }) => status === "success");
  const scripts = passed.flatMap(({ id }) => jobsOfPipeline.map((job) => `${id}/${job}`));
  const wrong = new Set(scripts.filter((script) => runs.get(script) !== 1));
  for (const [script, times] of runs) if (times !== 1) wrong.add(script);
  const each = (total: number) => total / Math.max(1, pushed);
  return {
    lost: pushed - passed.length,
    doubled: wrong.size + Math.max(0, pipelines.length - pushed),
    seconds: simulation.seconds,
    costs: {
      startsAccepted: each(builds.counts.accepted),
      startsRefused: each(builds.counts.refused),
      observations: each(builds.counts.observed),
      buildMinutes: each(builds.buildSeconds() / 60),
      messages: each(queue.counts.handled),
      writeUnits: each(table.writes.total()),
      readUnits: each(table.reads.total()),
      statuses: each(simulation.statuses),
    },
    mostBuilds: builds.counts.most,
    busiest: { writes: table.writes.busiest(), reads: table.reads.busiest() },
    waiting: waitingOf(simulation),
  };
}

function waitingOf({ pipelines }: Simulation): readonly Waiting[] {
  const kinds = new Map<string, number[]>();
  for (const { project, createdAt, jobs } of pipelines) {
    const starts = jobs.flatMap(({ startedAt }) => (startedAt ? [Date.parse(startedAt)] : []));
    if (starts.length === 0) continue;
    const seconds = (Math.min(...starts) - Date.parse(createdAt)) / 1000;
    const kind = kindOfProject(project);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [seconds]);
    else known.push(seconds);
  }
  return [...kinds].map(([kind, seconds]) => {
    const sorted = seconds.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
    return { kind, p50: at(0.5), p95: at(0.95) };
  });
}
