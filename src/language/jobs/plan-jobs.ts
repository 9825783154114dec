// The last stage: the jobs that are in become the plan, their needs and dependencies by the names that run.

import { defined } from "../defined.ts";
import { limits } from "../limits.ts";
import type { Need, PlannedJob } from "../plan.ts";
import { child } from "../tree/node.ts";
import type { IncludedJob } from "./decide.ts";
import { type JobDirectory, reportCircles } from "./needs.ts";

export function planJobs(
  included: readonly IncludedJob[],
  directory: JobDirectory,
): readonly PlannedJob[] {
  const running = new Set(included.map(({ job }) => job.name));
  const jobs = included.map((one) => {
    const needs = planNeeds(one, running, directory);
    const dependencies = one.instance.config.settled.dependencies?.flatMap((job) =>
      (directory.find({ job }) ?? []).filter((name) => running.has(name)),
    );
    return {
      ...one.job,
      ...defined({ needs, dependencies }),
    };
  });
  checkRuleNeeds(included, directory);
  return jobs;
}

/** The needs of the jobs themselves have been checked; which rules take part is known only now. */
function checkRuleNeeds(included: readonly IncludedJob[], directory: JobDirectory): void {
  if (included.every(({ needs, instance }) => needs === instance.config.needs)) return;
  const jobs = included.map(({ job, needs, instance }) => ({
    name: job.name,
    input: instance.config.input,
    ...defined({ needs }),
  }));
  const byName = new Map(jobs.map((job) => [job.name, job]));
  reportCircles(jobs, ({ needs = [] }) =>
    needs.flatMap((need) => (directory.find(need) ?? []).flatMap((name) => byName.get(name) ?? [])),
  );
}

function planNeeds(
  { job, needs, instance }: IncludedJob,
  running: ReadonlySet<string>,
  directory: JobDirectory,
): readonly Need[] | undefined {
  if (needs === undefined) return undefined;
  const { report, node, path } = instance.config.input;
  const planned = new Map<string, Need>();
  for (const need of needs) {
    const { artifacts, optional } = need;
    for (const name of directory.find(need) ?? []) {
      if (running.has(name)) {
        planned.set(name, { job: name, artifacts, optional });
      } else if (!optional) {
        const message = `\`${job.name}\` needs \`${name}\`, but \`${name}\` is not in this pipeline because of its \`rules\`, \`only\` or \`except\`. To need a job that is not always there, write \`optional: true\`.`;
        report.error("missing-need", message, need.path, need.place);
      }
    }
  }
  if (planned.size > limits.needs) {
    const message = `\`${job.name}\` needs ${planned.size} jobs; the limit is ${limits.needs}.`;
    const place = child(node, "needs")?.place ?? node.place;
    report.error("limit-exceeded", message, `${path}:needs`, place);
  }
  return [...planned.values()];
}
