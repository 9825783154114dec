// GitLab Docs, "CI/CD YAML syntax reference": `environment:on_stop` names a job that stops the same environment.

import { didYouMean } from "../tree/nearest.ts";
import { child } from "../tree/node.ts";
import type { JobConfig } from "./job.ts";

export function checkStopJobs(jobs: readonly JobConfig[]): void {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  for (const job of jobs) {
    const { deploymentEnvironment } = job.settled;
    const stop = deploymentEnvironment?.onStop;
    if (deploymentEnvironment === undefined || stop === undefined) continue;
    const problem = wrongWith(stop, deploymentEnvironment.name, byName);
    if (problem === undefined) continue;
    const { node, path, report } = job.input;
    const environment = child(node, "environment");
    const value = environment?.kind === "map" ? child(environment, "on_stop") : undefined;
    const message = `\`on_stop\` of \`${job.name}\`: ${problem}`;
    report.error("invalid-on-stop", message, `${path}:environment:on_stop`, (value ?? node).place);
  }
}

function wrongWith(
  stop: string,
  environment: string,
  jobs: ReadonlyMap<string, JobConfig>,
): string | undefined {
  const target = jobs.get(stop);
  if (target === undefined) {
    return `\`${stop}\` is not a job of this pipeline.${didYouMean(stop, jobs.keys())}`;
  }
  const stopped = target.settled.deploymentEnvironment;
  if (stopped === undefined) return `\`${stop}\` has no \`environment\`.`;
  if (stopped.name !== environment)
    return `\`${stop}\` stops another environment, ${stopped.name}.`;
  return stopped.action === "stop" ? undefined : `\`${stop}\` should have \`action: stop\`.`;
}
