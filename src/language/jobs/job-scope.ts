// What a job's settings may refer to before it runs (GitLab Docs, "Where variables can be used").
import { defined } from "../defined.ts";
import { expandServer, sortAndExpand } from "../scope/expand.ts";
import { environmentVariables, jobVariablesOf } from "../scope/predefined-job.ts";
import type { Scope } from "../scope/scope.ts";
import { lastValue, type Variable } from "../variables.ts";
import type { JobInstance } from "./instances.ts";

export type JobScope = {
  /** `CI_PIPELINE_IID`, `CI_JOB_*`, `CI_NODE_*` and, with the expanded name, `CI_ENVIRONMENT_*`. */
  readonly predefined: () => readonly Variable[];
  /** A text with its variables replaced, which are expanded by one another first; unknown ones are empty. */
  readonly expand: (text: string) => string;
};

/** `own` are the variables of the configuration for this job; nothing is worked out before it is asked for. */
export function createJobScope(
  { config, name, parallel }: JobInstance,
  own: readonly Variable[],
  scope: Scope,
): JobScope {
  const { stage, when, settled } = config;
  const { image, deploymentEnvironment } = settled;
  const ofJob = (): readonly Variable[] => [
    ...scope.ofPipeline,
    ...jobVariablesOf({
      name,
      stage,
      ...(when && { when }),
      ...defined({ image, parallel }),
    }),
  ];
  const expandWith = (text: string, predefined: () => readonly Variable[]): string =>
    expandAll(text, () => [...scope.predefined, ...predefined(), ...own, ...scope.overriding]);
  const predefined = (): readonly Variable[] => {
    if (deploymentEnvironment === undefined) return ofJob();
    const environment = expandWith(deploymentEnvironment.name, ofJob);
    return [...ofJob(), ...environmentVariables({ ...deploymentEnvironment, name: environment })];
  };
  return { predefined, expand: (text) => expandWith(text, predefined) };
}

/** Unchanged where the variables cannot be expanded, which is reported elsewhere. */
export function expandAll(text: string, variables: () => readonly Variable[]): string {
  if (!/[$%]/.test(text)) return text;
  const expanded = sortAndExpand(variables(), "all");
  if ("error" in expanded) return text;
  const result = expandServer(text, (key) => lastValue(expanded.variables, key), "empty");
  return result.ok ? result.value : text;
}
