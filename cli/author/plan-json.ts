import { defined } from "#language/defined.ts";
import type { Diagnostic } from "#language/diagnostic.ts";
import type {
  ArtifactsOptions,
  CacheOptions,
  CompileResult,
  DeploymentEnvironment,
  ImageOptions,
  PlannedJob,
  ServiceOptions,
} from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";

/**
 * What `slipway compile --json` prints. Keys are GitLab's; what a job does not say is null or empty, and
 * rarer keywords (`dependencies`, `start_in`, …) are there only where the job has them.
 */
export function resultJson(result: CompileResult): Record<string, unknown> {
  const plan = result.status === "created" ? result.plan : undefined;
  return {
    status: result.status,
    ...(result.status === "filtered" && { reason: result.reason }),
    ...(plan?.name !== undefined && { name: plan.name }),
    stages: plan?.stages ?? [],
    jobs: plan?.jobs.map(jobJson) ?? [],
    diagnostics: result.diagnostics.map(diagnosticJson),
  };
}

export function diagnosticJson(diagnostic: Diagnostic): Record<string, unknown> {
  const { severity, code, message, path, file, line = null, column = null } = diagnostic;
  return { severity, code, message, path, file, line, column };
}

function jobJson(job: PlannedJob): Record<string, unknown> {
  const { retry } = job;
  const exitCodes = job.allowFailureExitCodes;
  return {
    name: job.name,
    stage: job.stage,
    when: job.when,
    ...defined({ start_in: job.startInSeconds }),
    allow_failure: exitCodes === undefined ? job.allowFailure : { exit_codes: exitCodes },
    needs: job.needs ?? null,
    ...defined({ dependencies: job.dependencies }),
    rules_matched: job.rulesMatched ?? null,
    image: job.image === undefined ? null : imageJson(job.image),
    services: job.services.map(serviceJson),
    variables: variablesJson(job.variables),
    script: job.script,
    after_script: job.afterScript,
    environment:
      job.deploymentEnvironment === undefined ? null : environmentJson(job.deploymentEnvironment),
    artifacts: job.artifacts === undefined ? null : artifactsJson(job.artifacts),
    cache: job.cache.map(cacheJson),
    retry: { max: retry.max, when: retry.when, exit_codes: retry.exitCodes },
    timeout: job.timeoutSeconds ?? null,
    interruptible: job.interruptible,
    resource_group: job.resourceGroup ?? null,
    tags: job.runnerTags,
    parallel: job.parallel ?? null,
    ...rareKeywords(job),
  };
}

function rareKeywords(job: PlannedJob): Record<string, unknown> {
  const { trigger } = job;
  return {
    ...defined({ coverage: job.coverage }),
    ...(Object.keys(job.idTokens).length > 0 && {
      id_tokens: Object.fromEntries(
        Object.entries(job.idTokens).map(([name, aud]) => [name, { aud }]),
      ),
    }),
    ...(job.preGetSourcesScript.length > 0 && {
      hooks: { pre_get_sources_script: job.preGetSourcesScript },
    }),
    ...defined({ manual_confirmation: job.manualConfirmation }),
    ...(trigger !== undefined && {
      trigger: {
        include: trigger.include,
        ...defined({ strategy: trigger.strategy }),
        forward: {
          yaml_variables: trigger.forwardYamlVariables,
          pipeline_variables: trigger.forwardPipelineVariables,
        },
      },
    }),
  };
}

function imageJson(image: ImageOptions): Record<string, unknown> {
  const { name, entrypoint, pullPolicy, docker } = image;
  return {
    name,
    ...defined({ entrypoint, pull_policy: pullPolicy, docker }),
  };
}

function serviceJson(service: ServiceOptions): Record<string, unknown> {
  const { alias, command, variables } = service;
  return {
    ...imageJson(service),
    ...defined({ alias, command }),
    ...(variables !== undefined && { variables: variablesJson(variables) }),
  };
}

function variablesJson(variables: readonly Variable[]): Record<string, string> {
  return Object.fromEntries(variables.map(({ key, value }) => [key, value]));
}

function environmentJson(environment: DeploymentEnvironment): Record<string, unknown> {
  const { name, url = null, action, onStop = null, tier } = environment;
  return {
    name,
    url,
    action,
    on_stop: onStop,
    ...defined({ deployment_tier: tier }),
  };
}

function artifactsJson(artifacts: ArtifactsOptions): Record<string, unknown> {
  const { name = null, paths, exclude, untracked, when, expireIn = null, reports } = artifacts;
  return { name, paths, exclude, untracked, when, expire_in: expireIn, reports };
}

function cacheJson(cache: CacheOptions): Record<string, unknown> {
  const { paths, untracked, policy, when, fallbackKeys } = cache;
  const key = cache.keyFiles ?? cache.key;
  return { key, paths, untracked, policy, when, fallback_keys: fallbackKeys };
}
