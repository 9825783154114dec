// One job of the configuration, checked and typed: everything but conditions and names of other jobs is settled.

import type { OnlyPolicy } from "../condition/conditions.ts";
import { defined } from "../defined.ts";
import { readArtifacts } from "../keyword/artifacts.ts";
import { type CacheConfig, readCaches } from "../keyword/cache.ts";
import {
  type RuleConfig,
  readOnlyPolicy,
  readRules,
  readStartIn,
  readWhen,
} from "../keyword/conditions.ts";
import { readDeploymentEnvironment } from "../keyword/environment.ts";
import { readImage, readServices } from "../keyword/image.ts";
import { type NeedConfig, readNeeds } from "../keyword/needs.ts";
import { type ParallelConfig, readParallel } from "../keyword/parallel.ts";
import { type AllowFailure, noRetry, readAllowFailure, readRetry } from "../keyword/retry.ts";
import { readScript } from "../keyword/script.ts";
import {
  readCoverage,
  readHooks,
  readIdTokens,
  readRunnerTags,
  readTimeout,
} from "../keyword/settings.ts";
import { readTrigger } from "../keyword/trigger.ts";
import { readJobVariables } from "../keyword/variables.ts";
import type { PlannedJob, When } from "../plan.ts";
import { type Inheritance, readInherit } from "../tree/inherit.ts";
import { type MapInput, read, readBoolean, readString, readStrings } from "../tree/read.ts";
import type { Variable } from "../variables.ts";
import { unavailableScript } from "./unavailable.ts";

/** What goes into the plan as it is. */
type Settled = Pick<
  PlannedJob,
  | "image"
  | "services"
  | "script"
  | "afterScript"
  | "preGetSourcesScript"
  | "artifacts"
  | "retry"
  | "timeoutSeconds"
  | "resourceGroup"
  | "runnerTags"
  | "deploymentEnvironment"
  | "coverage"
  | "idTokens"
  | "manualConfirmation"
  | "trigger"
  | "dependencies"
> & { readonly cache: readonly CacheConfig[] };

export type JobConfig = {
  readonly name: string;
  /** Where the job stands, for what is found out later. */
  readonly input: MapInput;
  readonly stage: string;
  readonly settled: Settled;
  readonly variables: readonly Variable[];
  readonly inheritedVariables: Inheritance;
  readonly when?: When;
  readonly startInSeconds?: number;
  readonly allowFailure?: AllowFailure;
  readonly interruptible: boolean;
  readonly rules?: readonly RuleConfig[];
  readonly only?: OnlyPolicy;
  readonly except?: OnlyPolicy;
  readonly needs?: readonly NeedConfig[];
  readonly parallel?: ParallelConfig;
};

export function readJob(name: string, input: MapInput): JobConfig {
  const when = read(input, "when", readWhen);
  const startInSeconds = read(input, "start_in", readStartIn);
  const allowFailure = read(input, "allow_failure", readAllowFailure);
  const rules = read(input, "rules", (value) => readRules(value, "rules"));
  const only = read(input, "only", readOnlyPolicy);
  const except = read(input, "except", readOnlyPolicy);
  const needs = read(input, "needs", readNeeds);
  const parallel = read(input, "parallel", readParallel);
  return {
    name,
    input,
    stage: read(input, "stage", readString) ?? "test",
    settled: readSettled(input),
    variables: read(input, "variables", readJobVariables) ?? [],
    inheritedVariables: readInherit(input, "variables"),
    interruptible: read(input, "interruptible", readBoolean) ?? false,
    ...defined({ when, startInSeconds, allowFailure, rules, only, except, needs, parallel }),
  };
}

function readSettled(input: MapInput): Settled {
  const image = read(input, "image", readImage);
  const artifacts = read(input, "artifacts", readArtifacts);
  const timeoutSeconds = read(input, "timeout", readTimeout);
  const resourceGroup = read(input, "resource_group", readString);
  const deploymentEnvironment = read(input, "environment", readDeploymentEnvironment);
  const coverage = read(input, "coverage", readCoverage);
  const manualConfirmation = read(input, "manual_confirmation", readString);
  const trigger = read(input, "trigger", readTrigger);
  const dependencies = read(input, "dependencies", readStrings);
  const before = read(input, "before_script", readScript) ?? [];
  return {
    services: read(input, "services", readServices) ?? [],
    script: unavailableScript(input.node) ?? [
      ...before,
      ...(read(input, "script", readScript) ?? []),
    ],
    afterScript: read(input, "after_script", readScript) ?? [],
    preGetSourcesScript: read(input, "hooks", readHooks) ?? [],
    cache: read(input, "cache", readCaches) ?? [],
    retry: read(input, "retry", readRetry) ?? noRetry,
    runnerTags: read(input, "tags", readRunnerTags) ?? [],
    idTokens: read(input, "id_tokens", readIdTokens) ?? {},
    ...defined({
      image,
      artifacts,
      timeoutSeconds,
      resourceGroup,
      deploymentEnvironment,
      coverage,
      manualConfirmation,
      trigger,
      dependencies,
    }),
  };
}
