import type { JobContext } from "../executor/executor.ts";
import type { ResolvedVariables } from "../executor/variables.ts";
import type { CheckoutOptions, SourcesRequest } from "../executor/workspace.ts";
import { JobFailure } from "../job-failure.ts";
import type { JobResponse } from "../protocol.ts";
import { gitFlags, gitNumber, submodulePaths } from "./git-flags.ts";

/** Job variables that git itself may see; others (GIT_SSH_COMMAND, PATH, …) could run a job's code. */
const PASSED_ON = [
  "GIT_SSL_NO_VERIFY",
  "GIT_LFS_SKIP_SMUDGE",
  "GIT_HTTP_LOW_SPEED_LIMIT",
  "GIT_HTTP_LOW_SPEED_TIME",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
];

/**
 * What is asked of git for a job, all of it checked here, where its variables are: `base` is the environment of
 * the runner. Throws `JobFailure` for what git must not get.
 */
export function sourcesRequest(
  { job, variables }: Pick<JobContext, "job" | "variables">,
  base: Readonly<Record<string, string | undefined>>,
): SourcesRequest {
  const { sha, ref, refspecs, repo_url } = job.git_info;
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha)) {
    throw new JobFailure("runner_system_failure", "The commit id is none.");
  }
  return {
    repoUrl: repo_url,
    sha,
    ref,
    refspecs: refspecs.filter(isRefspec),
    options: checkoutOptions(job, variables.get),
    variables: Object.fromEntries(
      PASSED_ON.flatMap((key) => {
        const value = variables.get(key) ?? base[key];
        return value === undefined || value === "" || value.includes("\0") ? [] : [[key, value]];
      }),
    ),
    wantsTracked: [...job.artifacts, ...job.cache].some(({ untracked }) => untracked),
  };
}

/** A refspec can be no option of git's, and writes only below `refs/`. */
function isRefspec(text: string): boolean {
  return !text.startsWith("-") && /^\+?[^:]+:refs\/[^:]+$/.test(text);
}

/** Throws `JobFailure` for a value that GitLab does not know either, and for flags that are not allowed. */
function checkoutOptions(
  job: Pick<JobResponse, "git_info" | "allow_git_fetch">,
  get: ResolvedVariables["get"],
): CheckoutOptions {
  const given = job.git_info.depth;
  const depth = Number.isSafeInteger(given) && given > 0 ? given : 0;
  const strategy = get("GIT_STRATEGY") || (job.allow_git_fetch ? "fetch" : "clone");
  const submodules = get("GIT_SUBMODULE_STRATEGY") || "none";
  const clean = get("GIT_CLEAN_FLAGS") || "-ffdx";
  const attempts = gitNumber("GET_SOURCES_ATTEMPTS", get("GET_SOURCES_ATTEMPTS"), 1);
  const cloneFlags = gitFlags("GIT_CLONE_EXTRA_FLAGS", get("GIT_CLONE_EXTRA_FLAGS") ?? "");
  const ofFetch = cloneFlags.filter((flag) => !flag.endsWith("single-branch"));
  return {
    strategy: oneOf("GIT_STRATEGY", strategy, ["fetch", "clone", "none", "empty"]),
    checkout: get("GIT_CHECKOUT") !== "false",
    ...(clean !== "none" && { cleanFlags: gitFlags("GIT_CLEAN_FLAGS", clean) }),
    fetchFlags: [
      ...gitFlags("GIT_FETCH_EXTRA_FLAGS", get("GIT_FETCH_EXTRA_FLAGS") || "--prune --quiet"),
      // One branch is all that is fetched in any case.
      ...(strategy === "clone" ? ofFetch : []),
    ],
    submodules: oneOf("GIT_SUBMODULE_STRATEGY", submodules, ["none", "normal", "recursive"]),
    submoduleFlags: gitFlags("GIT_SUBMODULE_UPDATE_FLAGS", get("GIT_SUBMODULE_UPDATE_FLAGS") ?? ""),
    submoduleDepth: gitNumber("GIT_SUBMODULE_DEPTH", get("GIT_SUBMODULE_DEPTH"), depth),
    submodulePaths: submodulePaths(get("GIT_SUBMODULE_PATHS") ?? ""),
    attempts: Math.min(Math.max(attempts, 1), 10),
    depth,
  };
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new JobFailure(
    "script_failure",
    `${name} is ${JSON.stringify(value)}: it must be one of ${known.join(", ")}.`,
  );
}
