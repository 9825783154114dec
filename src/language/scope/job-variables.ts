import type { JobIdentity, PipelineFacts, PipelineIdentity } from "../facts.ts";
import type { DeploymentEnvironment, PlannedJob } from "../plan.ts";
import { lastValue, type Variable } from "../variables.ts";
import { expandServer, sortAndExpand } from "./expand.ts";
import { pipelineIdentityVariables, predefinedVariables, userVariables } from "./predefined.ts";
import { environmentVariables, jobIdentityVariables, jobVariablesOf } from "./predefined-job.ts";

export type JobVariablesRequest = {
  readonly facts: PipelineFacts;
  readonly identity: PipelineIdentity;
  readonly job: PlannedJob;
  readonly jobIdentity: JobIdentity;
  /** From the project's settings, those that this ref and environment may see. */
  readonly projectVariables: readonly Variable[];
  /** Push options, API, trigger, schedule: they win over the project's. */
  readonly pipelineVariables: readonly Variable[];
  /** Given when a manual job was played: they win over all. */
  readonly manualVariables?: readonly Variable[];
  /** From `artifacts:reports:dotenv` of earlier jobs. */
  readonly dotenv?: readonly Variable[];
};

export type JobVariables = { readonly variables: Variable[] } | { readonly error: string };

/**
 * The variables that a runner gets: one entry per key, GitLab's order of precedence (GitLab Docs, "GitLab CI/CD
 * variables"), expanded by one another. References that only the runner can know stay in the values for it.
 */
export function jobVariables(request: JobVariablesRequest): JobVariables {
  const { facts, identity, job, jobIdentity } = request;
  const predefined = [
    ...predefinedVariables(facts),
    ...pipelineIdentityVariables(identity),
    ...jobVariablesOf(job),
    ...jobIdentityVariables(jobIdentity),
  ];
  const overriding = [
    ...job.variables,
    ...userVariables(facts.user),
    ...(request.dotenv ?? []),
    ...request.projectVariables,
    ...request.pipelineVariables,
    ...(request.manualVariables ?? []),
  ];
  const deployment = expandEnvironment(job.deploymentEnvironment, [...predefined, ...overriding]);
  if ("error" in deployment) return deployment;
  return sortAndExpand([...predefined, ...deployment.variables, ...overriding]);
}

/** The slug is made of the expanded name, so the name comes first. */
function expandEnvironment(
  environment: DeploymentEnvironment | undefined,
  variables: readonly Variable[],
): JobVariables {
  if (!environment) return { variables: [] };
  if (!/[$%]/.test(environment.name)) return { variables: environmentVariables(environment) };
  const expanded = sortAndExpand(variables, "all");
  if ("error" in expanded) return expanded;
  const name = expandServer(environment.name, (key) => lastValue(expanded.variables, key), "empty");
  if (!name.ok) return { error: `environment:name: ${name.message}` };
  return { variables: environmentVariables({ ...environment, name: name.value }) };
}
