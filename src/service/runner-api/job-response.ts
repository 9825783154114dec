import type { ImageOptions, Plan, PlannedJob, ServiceOptions } from "#language/plan.ts";
import { jobVariables } from "#language/scope/job-variables.ts";
import { overlay } from "#language/scope/scope.ts";
import { lastValue, type Variable } from "#language/variables.ts";
import type { FailureReason, Job, Pipeline } from "#pipeline/pipeline.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { JobCredentials } from "#registry/registry.ts";
import type { JobImage, JobResponse, JobService, JobStep, JobVariable } from "#runner/protocol.ts";
import { dotenvFor } from "../configuration/dotenv.ts";
import { isFromFork } from "../configuration/facts.ts";
import { pipelineIdentity } from "../configuration/pipeline-identity.ts";
import { projectVariables } from "../configuration/project-variables.ts";
import { deploymentTarget } from "../deployment/deployment.ts";
import type { ServiceDeps } from "../deps.ts";
import { jobUrl } from "../page-urls.ts";
import { idTokenVariables } from "./id-tokens.ts";
import { dependenciesOf, toArtifacts } from "./job-artifacts.ts";
import { toCaches } from "./job-cache.ts";
import { withAllowedPolicies } from "./pull-policies.ts";

const afterScriptTimeoutSeconds = 300;
const defaultDepth = 20;

/** Builds the answer that gives a job to its runner. Secrets are resolved here and are not stored. */
export async function jobResponse(
  deps: ServiceDeps,
  pipeline: Pipeline,
  job: Job,
  plan: Plan,
  token: string,
): Promise<JobResponse | { readonly error: string; readonly failureReason?: FailureReason }> {
  const written = plan.jobs[job.planIndex];
  const forge = deps.forges.get(pipeline.forge);
  const settings = await deps.settings(pipeline);
  if (written === undefined || forge === undefined || settings === undefined) {
    return { error: "The project was disconnected while the pipeline ran." };
  }
  const planned = withAllowedPolicies(written, settings.allowedPullPolicies);
  if ("error" in planned) return { ...planned, failureReason: "image_pull_failure" };
  const { facts } = pipeline;
  const sources = dependenciesOf(pipeline, planned, token);
  if ("expired" in sources) {
    return {
      error: `The artifacts of the job ${sources.expired} have expired. Retry that job, or give them a longer \`expire_in\`.`,
      failureReason: "missing_dependency_failure",
    };
  }
  const client = forge.client(pipeline.project);
  const [clone, registry, caches, fromProject] = await Promise.all([
    client.cloneAccess(token),
    settings.registry
      ? deps.registry.jobCredentials({
          project: pipeline.project,
          jobToken: token,
          canPush: !isFromFork(facts),
        })
      : undefined,
    toCaches(deps, pipeline, planned),
    isFromFork(facts)
      ? []
      : projectVariables(deps, settings, {
          protectedRef: facts.ref.protected,
          ...environmentScope(pipeline, job, planned, settings),
        }),
  ]);
  const repoUrl = readsWithoutToken(pipeline) ? clone.url : withCredentials(clone);
  const result = jobVariables({
    facts,
    identity: pipelineIdentity(pipeline),
    job: planned,
    jobIdentity: {
      id: job.id,
      url: jobUrl(facts, job.id),
      token,
      startedAt: job.startedAt ?? pipeline.createdAt,
      timeoutSeconds: job.timeoutSeconds,
      manual: job.when === "manual",
      registryUser: registry?.username ?? "",
      registryPassword: registry?.password ?? "",
      repositoryUrl: repoUrl,
    },
    projectVariables: fromProject,
    pipelineVariables: pipeline.variables,
    manualVariables: job.playedBy?.variables ?? [],
    dotenv: dotenvFor(pipeline, planned),
  });
  if ("error" in result) return result;
  const idTokens = await idTokenVariables(deps, pipeline, job, planned, result.variables);
  const variables = overlay(result.variables, idTokens);
  return {
    id: job.id,
    token,
    allow_git_fetch: lastValue(variables, "GIT_STRATEGY") !== "clone",
    job_info: {
      id: job.id,
      name: job.name,
      stage: job.stage,
      pipeline_id: pipeline.id,
      project_id: facts.project.id,
      project_name: facts.project.title,
      project_full_path: facts.project.path,
      time_in_queue_seconds: queueSeconds(job),
    },
    git_info: gitInfo(
      pipeline,
      repoUrl,
      variables,
      facts.mergeRequest && client.mergeRequestRef(facts.mergeRequest.iid),
    ),
    runner_info: { timeout: job.timeoutSeconds, uuid: job.environmentId ?? "" },
    variables: variables.map(toJobVariable),
    steps: steps(planned, job.timeoutSeconds),
    image: planned.image === undefined ? null : toImage(planned.image),
    services: planned.services.map(toService),
    artifacts: toArtifacts(planned.artifacts),
    cache: caches,
    ...registryAccess(deps.registry.host, registry),
    dependencies: sources.dependencies,
    log_limit: settings.maxLogBytes,
    features: {
      trace_sections: true,
      token_mask_prefixes: [],
      failure_reasons: [
        "script_failure",
        "runner_system_failure",
        "job_execution_timeout",
        "image_pull_failure",
        "unknown_failure",
      ],
    },
    hooks:
      planned.preGetSourcesScript.length === 0
        ? []
        : [{ name: "pre_get_sources_script", script: [...planned.preGetSourcesScript] }],
  };
}

/** The runner's registry credentials. None if the project has no registry. */
function registryAccess(
  host: string,
  credentials: JobCredentials | undefined,
): Pick<JobResponse, "credentials" | "registry"> {
  if (credentials === undefined) return { credentials: [] };
  const { username, password, fromRole } = credentials;
  return {
    credentials: [{ type: "registry", url: host, username, password }],
    ...(fromRole && { registry: { ...fromRole, host, placeholder: password } }),
  };
}

/** Variables may be limited to some deployment environments, by their expanded names. */
function environmentScope(
  pipeline: Pipeline,
  job: Job,
  planned: PlannedJob,
  settings: ProjectSettings,
): { readonly environment?: string } {
  if (planned.deploymentEnvironment === undefined) return {};
  const target = deploymentTarget(pipeline, job, planned, settings);
  return { environment: "error" in target ? planned.deploymentEnvironment.name : target.name };
}

/** A fork's job gets no token for a public project, which needs none, because the job could keep the token. */
function readsWithoutToken({ facts }: Pipeline): boolean {
  return isFromFork(facts) && facts.project.visibility === "public";
}

function withCredentials(clone: { url: string; username: string; password: string }): string {
  const url = new URL(clone.url);
  url.username = clone.username;
  url.password = clone.password;
  return url.href;
}

function queueSeconds(job: Job): number {
  if (job.queuedAt === undefined || job.startedAt === undefined) return 0;
  return (Date.parse(job.startedAt) - Date.parse(job.queuedAt)) / 1000;
}

function gitInfo(
  pipeline: Pipeline,
  repoUrl: string,
  variables: readonly Variable[],
  mergeRequestRef: string | undefined,
): JobResponse["git_info"] {
  const { ref, commit } = pipeline.facts;
  const depth = Number.parseInt(lastValue(variables, "GIT_DEPTH") ?? "", 10);
  return {
    repo_url: repoUrl,
    repo_object_format: "sha1",
    ref: mergeRequestRef ?? ref.name,
    sha: commit.sha,
    before_sha: commit.beforeSha,
    ref_type: ref.kind,
    refspecs: refspecs(pipeline, mergeRequestRef),
    depth: Number.isNaN(depth) || depth < 0 ? defaultDepth : depth,
    protected: ref.protected,
  };
}

/** Fetches the commit by its id, since the branch may have moved, and for a merge request also its ref, as GitLab does. */
function refspecs({ id, facts }: Pipeline, mergeRequestRef: string | undefined): string[] {
  const { ref, commit } = facts;
  if (ref.kind === "tag") return [`+refs/tags/${ref.name}:refs/tags/${ref.name}`];
  if (mergeRequestRef === undefined) return [`+${commit.sha}:refs/remotes/origin/${ref.name}`];
  const kept = mergeRequestRef.replace(/^refs\//, "refs/remotes/origin/");
  return [`+${commit.sha}:refs/pipelines/${id}`, `+${mergeRequestRef}:${kept}`];
}

function toJobVariable(variable: Variable): JobVariable {
  return {
    key: variable.key,
    value: variable.value,
    public: variable.public ?? true,
    file: variable.file ?? false,
    masked: variable.masked ?? false,
    raw: variable.raw ?? false,
  };
}

function steps(planned: PlannedJob, timeout: number): JobStep[] {
  const script: JobStep = {
    name: "script",
    script: [...planned.script],
    timeout,
    when: "on_success",
    allow_failure: false,
  };
  if (planned.afterScript.length === 0) return [script];
  return [
    script,
    {
      name: "after_script",
      script: [...planned.afterScript],
      timeout: afterScriptTimeoutSeconds,
      when: "always",
      allow_failure: true,
    },
  ];
}

function toImage(image: ImageOptions): JobImage {
  return {
    name: image.name,
    ...(image.entrypoint === undefined ? {} : { entrypoint: [...image.entrypoint] }),
    ...(image.pullPolicy === undefined ? {} : { pull_policy: [...image.pullPolicy] }),
    ...(image.docker === undefined ? {} : { executor_opts: { docker: { ...image.docker } } }),
  };
}

function toService(service: ServiceOptions): JobService {
  return {
    ...toImage(service),
    ...(service.alias === undefined ? {} : { alias: service.alias }),
    ...(service.command === undefined ? {} : { command: [...service.command] }),
    ...(service.variables === undefined ? {} : { variables: service.variables.map(toJobVariable) }),
  };
}
