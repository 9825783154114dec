// GitLab Docs, "CI/CD YAML syntax reference": a job with `parallel` becomes `name 1/3`… or `name: [a, b]`….

import { instanceName } from "../keyword/parallel.ts";
import { limits } from "../limits.ts";
import type { Place } from "../tree/node.ts";
import type { Report } from "../tree/report.ts";
import type { Variable } from "../variables.ts";
import type { JobConfig } from "./job.ts";

/** A job as it will run, if the conditions let it in. */
export type JobInstance = {
  readonly name: string;
  readonly config: JobConfig;
  readonly parallel?: { readonly index: number; readonly total: number };
  /** Variables of the matrix. */
  readonly variables: readonly Variable[];
};

export type Instances = {
  readonly all: readonly JobInstance[];
  /** Names of the instances of each job, by the job's name. */
  readonly namesOf: ReadonlyMap<string, readonly string[]>;
};

export function expandParallel(
  jobs: readonly JobConfig[],
  report: Report,
  root: Place,
): Instances | undefined {
  const all: JobInstance[] = [];
  const namesOf = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  for (const job of jobs) {
    const instances = instancesOf(job);
    if (all.length + instances.length > limits.definedJobs) {
      const most = limits.definedJobs.toLocaleString("en");
      const message = `The jobs with their parallel instances are more than ${most}, the limit.`;
      report.error("limit-exceeded", message, "jobs", root);
      return undefined;
    }
    for (const { name } of instances) checkName(name, job, seen, report);
    namesOf.set(
      job.name,
      instances.map(({ name }) => name),
    );
    all.push(...instances);
  }
  return { all, namesOf };
}

function instancesOf(config: JobConfig): readonly JobInstance[] {
  const { name, parallel } = config;
  if (parallel === undefined) return [{ name, config, variables: [] }];
  if (parallel.type === "count") {
    const { total } = parallel;
    return Array.from({ length: total }, (_, at) => ({
      name: `${name} ${at + 1}/${total}`,
      config,
      parallel: { index: at + 1, total },
      variables: [],
    }));
  }
  const total = parallel.combinations.length;
  return parallel.combinations.map((combination, at) => ({
    name: instanceName(name, combination),
    config,
    parallel: { index: at + 1, total },
    variables: combination.map((variable) => ({ ...variable, public: true })),
  }));
}

function checkName(name: string, job: JobConfig, seen: Set<string>, report: Report): void {
  const { path, node } = job.input;
  if (name.length > limits.jobName) {
    const message = `The job's name \`${name.slice(0, 40)}…\` is longer than ${limits.jobName} characters, the limit.`;
    report.error("limit-exceeded", message, path, node.place);
  }
  if (seen.has(name)) {
    const message = `There are two jobs named \`${name}\` once \`parallel\` is written out.`;
    report.error("duplicate-job", message, path, node.place);
  }
  seen.add(name);
}
