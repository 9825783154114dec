// GitLab Docs, "CI/CD YAML syntax reference": `needs` and `dependencies`, looked up among the jobs of the file.

import type { NeedConfig } from "../keyword/needs.ts";
import { neededNameTooLong } from "../keyword/needs.ts";
import { instanceName } from "../keyword/parallel.ts";
import { limits } from "../limits.ts";
import { stronglyConnected } from "../scope/strongly-connected.ts";
import { didYouMean } from "../tree/nearest.ts";
import { child } from "../tree/node.ts";
import type { Instances } from "./instances.ts";
import type { JobConfig } from "./job.ts";

/** Finds the jobs that `needs` and `dependencies` name, in the whole file, before any condition leaves one out. */
export type JobDirectory = {
  /** Names of the instances meant, or undefined when there is no such job. */
  readonly find: (need: Pick<NeedConfig, "job" | "matrix">) => readonly string[] | undefined;
  /** Name of the job in the file, of which this is an instance. */
  readonly jobOf: (instance: string) => string;
  readonly stageOf: (instance: string) => string | undefined;
  /** For the end of a sentence about a name that no job has. */
  readonly didYouMean: (name: string) => string;
};

export function createDirectory({ all, namesOf }: Instances): JobDirectory {
  const instances = new Map(all.map((instance) => [instance.name, instance.config]));
  return {
    find: ({ job, matrix }) => {
      if (matrix === undefined) return namesOf.get(job) ?? (instances.has(job) ? [job] : undefined);
      const names = matrix.map((combination) => instanceName(job, combination));
      return names.every((name) => instances.has(name)) ? names : undefined;
    },
    jobOf: (instance) => instances.get(instance)?.name ?? instance,
    stageOf: (instance) => instances.get(instance)?.stage,
    didYouMean: (name) => didYouMean(name, namesOf.keys()),
  };
}

export function checkNeeds(
  jobs: readonly JobConfig[],
  directory: JobDirectory,
  stages: readonly string[],
): void {
  const order = new Map(stages.map((stage, index) => [stage, index]));
  for (const job of jobs) {
    const { report } = job.input;
    const later = (instance: string): boolean => {
      const target = order.get(directory.stageOf(instance) ?? "") ?? 0;
      return target > (order.get(job.stage) ?? stages.length);
    };
    for (const need of needLists(job).flat()) {
      const names = directory.find(need);
      const fail = (code: string, message: string) =>
        report.error(code, message, need.path, need.place);
      if (names === undefined) {
        if (!need.optional) fail("unknown-job", unknownNeed(job.name, need, directory));
      } else if (names.some(later)) {
        const message = `\`${job.name}\` needs \`${need.job}\`, which is in a later stage.`;
        fail("later-stage", message);
      } else if (names.some((name) => name.length > limits.neededName)) {
        fail("limit-exceeded", neededNameTooLong);
      }
    }
    for (const list of needLists(job)) checkDuplicates(job, list, directory);
    checkDependencies(job, directory, later);
  }
  checkCircles(jobs, directory);
}

/** The job's own needs, and those of each of its rules. */
function needLists(job: JobConfig): readonly (readonly NeedConfig[])[] {
  return [job, ...(job.rules ?? [])].map(({ needs }) => needs ?? []);
}

/** A parallel job and one of its instances overlap too. */
function checkDuplicates(
  job: JobConfig,
  needs: readonly NeedConfig[],
  directory: JobDirectory,
): void {
  const seenJobs = new Set<string>();
  const jobOf = (need: NeedConfig) => directory.jobOf(directory.find(need)?.[0] ?? need.job);
  const repeated = new Set<string>();
  for (const target of needs.map(jobOf)) {
    if (seenJobs.has(target)) repeated.add(target);
    seenJobs.add(target);
  }
  const seen = new Set<string>();
  // Instances are only looked at where they can meet: there may be hundreds of each job.
  for (const need of needs.filter((one) => repeated.has(jobOf(one)))) {
    const names = directory.find(need) ?? [need.job];
    const again = names.find((name) => seen.has(name));
    if (again !== undefined) {
      const message = `\`${job.name}\` needs \`${again}\` twice.`;
      job.input.report.error("duplicate-need", message, need.path, need.place);
    }
    for (const name of names) seen.add(name);
  }
}

function unknownNeed(name: string, { job, matrix }: NeedConfig, directory: JobDirectory): string {
  if (matrix !== undefined && directory.find({ job }) !== undefined) {
    return `\`${name}\` needs \`${job}\` with a \`parallel:matrix\` that \`${job}\` does not have.`;
  }
  return `\`${name}\` needs \`${job}\`, which is not a job of this pipeline.${directory.didYouMean(job)}`;
}

function checkDependencies(
  job: JobConfig,
  directory: JobDirectory,
  later: (instance: string) => boolean,
): void {
  const { node, path, report } = job.input;
  const place = child(node, "dependencies")?.place ?? node.place;
  for (const dependency of job.settled.dependencies ?? []) {
    const names = directory.find({ job: dependency });
    if (names === undefined) {
      const message = `\`${job.name}\` takes artifacts of \`${dependency}\`, which is not a job of this pipeline.${directory.didYouMean(dependency)}`;
      report.error("unknown-job", message, `${path}:dependencies`, place);
    } else if (names.some(later)) {
      const message = `\`${job.name}\` takes artifacts of \`${dependency}\`, which is in a later stage.`;
      report.error("later-stage", message, `${path}:dependencies`, place);
    }
  }
}

function checkCircles(jobs: readonly JobConfig[], directory: JobDirectory): void {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const targetsOf = (job: JobConfig): readonly JobConfig[] =>
    (job.needs ?? []).flatMap((need) => {
      const target = byName.get(directory.jobOf(directory.find(need)?.[0] ?? ""));
      return target ?? [];
    });
  reportCircles(jobs, targetsOf);
}

/** Complains about jobs that wait for one another, so that none could ever start. */
export function reportCircles<Job extends Pick<JobConfig, "name" | "input" | "needs">>(
  jobs: readonly Job[],
  targetsOf: (job: Job) => readonly Job[],
): void {
  for (const group of stronglyConnected(jobs, targetsOf)) {
    const [first] = group;
    if (first === undefined || (group.length === 1 && !targetsOf(first).includes(first))) continue;
    const names = group.map(({ name }) => `\`${name}\``).join(", ");
    const message =
      group.length === 1
        ? `${names} needs itself.`
        : `These jobs need one another in a circle: ${names}.`;
    const place = first.needs?.[0]?.place ?? first.input.node.place;
    first.input.report.error("circular-needs", message, `${first.input.path}:needs`, place);
  }
}
