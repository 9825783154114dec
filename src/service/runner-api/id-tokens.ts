import { randomUUID } from "node:crypto";
import { importJWK, SignJWT } from "jose";
import type { PlannedJob } from "#language/plan.ts";
import { expandServer } from "#language/scope/expand.ts";
import { lastValue, type Variable } from "#language/variables.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import { isFromFork } from "../configuration/facts.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { idTokenAlgorithm, signingKey } from "./id-token-keys.ts";

/** Clocks may differ by this much. */
const leewaySeconds = 5;

/**
 * The `id_tokens` of a job as masked variables (GitLab Docs, "OpenID Connect authentication using ID tokens"):
 * signed now, valid for the job's time limit, and not stored. There are no namespace and runner ids. Merge requests of
 * forks get no tokens, because a token would speak for the project.
 */
export async function idTokenVariables(
  deps: Pick<Ports, "secrets"> & Pick<Installation, "server"> & Pick<Host, "now">,
  pipeline: Pipeline,
  job: Job,
  planned: PlannedJob,
  variables: readonly Variable[],
): Promise<readonly Variable[]> {
  const wanted = Object.entries(planned.idTokens);
  if (wanted.length === 0 || isFromFork(pipeline.facts)) return [];
  const { kid, ...jwk } = await signingKey(deps);
  const key = await importJWK(jwk, idTokenAlgorithm);
  const issuedAt = Math.floor(deps.now() / 1000);
  const claims = claimsOf(deps.server.url, pipeline, job, planned, variables);
  return Promise.all(
    wanted.map(async ([name, audiences]): Promise<Variable> => {
      const expanded = audiences.map((audience) => expandedAudience(audience, variables));
      const [only = "", ...more] = expanded;
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: idTokenAlgorithm, kid, typ: "JWT" })
        .setIssuer(deps.server.url)
        .setSubject(subjectOf(pipeline))
        .setAudience(more.length === 0 ? only : expanded)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt - leewaySeconds)
        .setExpirationTime(issuedAt + job.timeoutSeconds)
        .sign(key);
      return { key: name, value: token, public: false, masked: true, raw: true };
    }),
  );
}

/** The subject, which trust policies of clouds usually check. */
function subjectOf({ facts }: Pipeline): string {
  return `project_path:${facts.project.path}:ref_type:${facts.ref.kind}:ref:${facts.ref.name}`;
}

function expandedAudience(audience: string, variables: readonly Variable[]): string {
  const expanded = expandServer(audience, (name) => lastValue(variables, name), "empty");
  return expanded.ok ? expanded.value : audience;
}

/** Ids are texts, as in GitLab. */
function claimsOf(
  serverUrl: string,
  pipeline: Pipeline,
  job: Job,
  planned: PlannedJob,
  variables: readonly Variable[],
): Record<string, unknown> {
  const { project, ref, user, commit } = pipeline.facts;
  const refPath =
    pipeline.facts.mergeRequest === undefined
      ? `refs/${ref.kind === "tag" ? "tags" : "heads"}/${ref.name}`
      : undefined;
  return {
    namespace_path: project.path.split("/").slice(0, -1).join("/"),
    project_id: String(project.id),
    project_path: project.path,
    project_visibility: project.visibility,
    user_id: String(user.id),
    user_login: user.login,
    user_email: user.email,
    pipeline_id: String(pipeline.id),
    pipeline_source: pipeline.facts.source,
    job_id: String(job.id),
    ref: ref.name,
    ref_type: ref.kind,
    ...(refPath !== undefined && {
      ref_path: refPath,
      ci_config_ref_uri: `${new URL(serverUrl).host}/${project.path}//${project.configPath}@${refPath}`,
      ci_config_sha: commit.sha,
    }),
    ref_protected: String(ref.protected),
    runner_environment: "self-hosted",
    sha: commit.sha,
    ...(planned.deploymentEnvironment && {
      environment: lastValue(variables, "CI_ENVIRONMENT_NAME"),
      environment_protected: "false",
      deployment_tier: lastValue(variables, "CI_ENVIRONMENT_TIER"),
      environment_action: planned.deploymentEnvironment.action,
    }),
  };
}
