import { refSlug } from "#image/ref-slug.ts";
import type { JobIdentity } from "../facts.ts";
import type { DeploymentEnvironment, PlannedJob } from "../plan.ts";
import type { Variable } from "../variables.ts";
import { deploymentEnvironmentSlug } from "./deployment-environment-slug.ts";
import { FREE_TEXT, SECRET, toVariables } from "./to-variables.ts";

/** What a job's variables are made of before it runs. */
export type JobDescription = Pick<PlannedJob, "name" | "stage"> &
  Partial<Pick<PlannedJob, "when" | "image" | "parallel">>;

/** `CI_JOB_*` and `CI_NODE_*` that `rules` may use; `CI_JOB_MANUAL` where somebody may start the job, delayed ones too. */
export function jobVariablesOf(job: JobDescription): Variable[] {
  const manual = job.when === "manual" || job.when === "delayed" ? "true" : undefined;
  return [
    ...toVariables({ CI_JOB_NAME: job.name }, FREE_TEXT),
    ...toVariables({ CI_JOB_NAME_SLUG: refSlug(job.name) }),
    ...toVariables({ CI_JOB_GROUP_NAME: groupName(job.name), CI_JOB_STAGE: job.stage }, FREE_TEXT),
    ...toVariables({
      CI_JOB_IMAGE: job.image?.name,
      CI_JOB_MANUAL: manual,
      CI_NODE_INDEX: job.parallel && String(job.parallel.index),
      CI_NODE_TOTAL: String(job.parallel?.total ?? 1),
    }),
    ...toVariables({ CI_BUILD_NAME: job.name, CI_BUILD_STAGE: job.stage }, FREE_TEXT),
    ...toVariables({ CI_BUILD_MANUAL: manual }),
  ];
}

/** `CI_ENVIRONMENT_*`. `name` is expanded already; the URL may still refer to the job's variables. */
export function environmentVariables(environment: DeploymentEnvironment): Variable[] {
  return toVariables({
    CI_ENVIRONMENT_NAME: environment.name,
    CI_ENVIRONMENT_SLUG: deploymentEnvironmentSlug(environment.name),
    CI_ENVIRONMENT_ACTION: environment.action,
    CI_ENVIRONMENT_TIER: environment.tier ?? tierOf(environment.name),
    CI_ENVIRONMENT_URL: environment.url,
  });
}

/** What exists only once a runner has taken the job: ids, times, and the credentials that die with it. */
export function jobIdentityVariables(job: JobIdentity): Variable[] {
  return [
    ...toVariables({
      CI_JOB_ID: String(job.id),
      CI_JOB_URL: job.url,
      CI_JOB_STARTED_AT: job.startedAt,
      CI_JOB_TIMEOUT: String(job.timeoutSeconds),
      CI_JOB_MANUAL: job.manual ? "true" : undefined,
      CI_BUILD_ID: String(job.id),
      CI_BUILD_MANUAL: job.manual ? "true" : undefined,
    }),
    ...toVariables({ CI_REGISTRY_USER: job.registryUser }, FREE_TEXT),
    ...toVariables(
      {
        CI_JOB_TOKEN: job.token,
        CI_BUILD_TOKEN: job.token,
        CI_REGISTRY_PASSWORD: job.registryPassword,
      },
      { ...SECRET, ...FREE_TEXT },
    ),
    // Not masked as a whole, as in GitLab: the token inside it is.
    ...toVariables(
      { CI_REPOSITORY_URL: job.repositoryUrl, CI_BUILD_REPO: job.repositoryUrl },
      { public: false, ...FREE_TEXT },
    ),
  ];
}

/** The name that parallel jobs share: `test 1/3` and `test: [a, b]` are both of `test`. */
function groupName(name: string): string {
  return withoutMatrix(name.replace(/\b\d+[\s:/\\]+\d+\s*/g, "")).trim();
}

function withoutMatrix(name: string): string {
  const text = name.trimEnd();
  const open = text.indexOf(": [", text.lastIndexOf("\n") + 1);
  return text.endsWith("]") && open >= 0 ? text.slice(0, open) : name;
}

/** GitLab's guess of a tier by the environment's name. */
function tierOf(name: string): string {
  const lower = name.toLowerCase();
  if (/dev|review|trunk/.test(lower)) return "development";
  if (/test|tst|int|ac(ce|)pt|qa|qc|control|quality/.test(lower)) return "testing";
  if (/st(a|)g|mod(e|)l|pre|demo|non/.test(lower)) return "staging";
  if (/pr(o|)d|live/.test(lower)) return "production";
  return "other";
}
