import type { PipelineFacts, PipelineIdentity } from "../facts.ts";
import type { PlannedJob } from "../plan.ts";
import type { Variable } from "../variables.ts";
import { expandServer, sortAndExpand } from "./expand.ts";
import { pipelineIdentityVariables, predefinedVariables, userVariables } from "./predefined.ts";
import { jobVariablesOf } from "./predefined-job.ts";
import { overlay } from "./scope.ts";

export type DownstreamRequest = {
  readonly facts: PipelineFacts;
  readonly identity: PipelineIdentity;
  readonly job: PlannedJob;
  /** From `artifacts:reports:dotenv` of jobs that the trigger job needs. */
  readonly dotenv: readonly Variable[];
  readonly pipelineVariables: readonly Variable[];
  /** Given when a manual trigger job was played. */
  readonly manualVariables: readonly Variable[];
};

/**
 * What a trigger job passes to its child as pipeline variables (GitLab Docs, `trigger:forward`): its own YAML
 * variables, expanded, and with `pipeline_variables` those of its pipeline. A reference to a variable of the
 * project's settings stays for the child's jobs to expand, so that no secret is stored.
 */
export function downstreamVariables(
  request: DownstreamRequest,
): { readonly variables: readonly Variable[] } | { readonly error: string } {
  const { facts, identity, job } = request;
  const given = [...request.pipelineVariables, ...request.manualVariables];
  const over = [...userVariables(facts.user), ...request.dotenv, ...given];
  const scope = sortAndExpand([
    ...predefinedVariables(facts),
    ...pipelineIdentityVariables(identity),
    ...jobVariablesOf(job),
    ...job.variables,
    ...over,
  ]);
  if ("error" in scope) return scope;
  const { forwardYamlVariables = true, forwardPipelineVariables = false } = job.trigger ?? {};
  const overridden = new Set(over.map(({ key }) => key));
  const values = new Map(scope.variables.map(({ key, value }) => [key, value]));
  const lookup = (key: string) => values.get(key);
  const own = job.variables.map((variable) => {
    if (!overridden.has(variable.key)) {
      return { ...variable, value: lookup(variable.key) ?? variable.value };
    }
    const expanded = expandServer(variable.value, lookup, "keep");
    return variable.raw || !expanded.ok ? variable : { ...variable, value: expanded.value };
  });
  return {
    variables: overlay(forwardYamlVariables ? own : [], forwardPipelineVariables ? given : []),
  };
}
