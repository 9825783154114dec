import { isWebAddress } from "#http/web-address.ts";
import type { PlannedJob } from "#language/plan.ts";
import { expandServer } from "#language/scope/expand.ts";
import { jobVariables } from "#language/scope/job-variables.ts";
import { lastValue, type Variable } from "#language/variables.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { DeploymentEnvironment } from "#store/deployment-store.ts";
import { dotenvFor } from "../configuration/dotenv.ts";
import { pipelineIdentity } from "../configuration/pipeline-identity.ts";
import { jobUrl } from "../page-urls.ts";

export type DeploymentTarget = Omit<DeploymentEnvironment, "deployments"> & {
  readonly url?: string;
};

/**
 * The environment of a job with its variables filled in, as far as they are no secrets (GitLab Docs,
 * "Environments": dynamic names and URLs). The URL may use what the job itself left in a dotenv report.
 */
export function deploymentTarget(
  pipeline: Pipeline,
  job: Job,
  planned: PlannedJob,
  settings: ProjectSettings,
): DeploymentTarget | { readonly error: string } {
  const { facts } = pipeline;
  const result = jobVariables({
    facts,
    identity: pipelineIdentity(pipeline),
    job: planned,
    jobIdentity: {
      id: job.id,
      url: jobUrl(facts, job.id),
      token: "",
      startedAt: job.startedAt ?? pipeline.createdAt,
      timeoutSeconds: job.timeoutSeconds,
      manual: job.when === "manual",
      registryUser: "",
      registryPassword: "",
      repositoryUrl: "",
    },
    projectVariables: openVariables(settings, facts.ref.protected),
    pipelineVariables: pipeline.variables,
    manualVariables: job.playedBy?.variables ?? [],
    dotenv: [...dotenvFor(pipeline, planned), ...(job.dotenv ?? [])],
  });
  if ("error" in result) return result;
  const value = (key: string) => lastValue(result.variables, key);
  const url = expandServer(value("CI_ENVIRONMENT_URL") ?? "", value, "empty");
  return {
    name: value("CI_ENVIRONMENT_NAME") ?? "",
    slug: value("CI_ENVIRONMENT_SLUG") ?? "",
    tier: value("CI_ENVIRONMENT_TIER") ?? "",
    ...(url.ok && isWebAddress(url.value) ? { url: url.value } : {}),
  };
}

/** Those of the project's settings that anybody may read. */
function openVariables(settings: ProjectSettings, protectedRef: boolean): readonly Variable[] {
  return settings.variables.flatMap(({ key, value, raw, ...variable }) =>
    "plain" in value && variable.environmentScope === "*" && (!variable.protected || protectedRef)
      ? [{ key, value: value.plain, raw }]
      : [],
  );
}
