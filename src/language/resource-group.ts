import { expandServer, sortAndExpand } from "./expand.ts";
import type { JobConfig } from "./job.ts";
import { environmentVariables, jobVariablesOf } from "./predefined-job.ts";
import type { Scope } from "./scope.ts";
import { lastValue, type Variable } from "./variables.ts";

/** The group's name with its variables: jobs of several pipelines meet in it, so it has to be known before they run. */
export function expandResourceGroup(
  { stage, settled }: JobConfig,
  name: string,
  own: readonly Variable[],
  scope: Scope,
): string | undefined {
  const { resourceGroup, deploymentEnvironment } = settled;
  if (resourceGroup === undefined || !/[$%]/.test(resourceGroup)) return resourceGroup;
  const variables = sortAndExpand(
    [
      ...scope.predefined,
      ...jobVariablesOf({ name, stage }),
      ...(deploymentEnvironment ? environmentVariables(deploymentEnvironment) : []),
      ...own,
      ...scope.overriding,
    ],
    "all",
  );
  if ("error" in variables) return resourceGroup;
  const lookup = (key: string) => lastValue(variables.variables, key);
  const expanded = expandServer(resourceGroup, lookup, "empty");
  return expanded.ok ? expanded.value : resourceGroup;
}
