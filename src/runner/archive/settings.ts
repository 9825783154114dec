import type { JobContext } from "../executor/executor.ts";
import type { ResolvedVariables } from "../executor/variables.ts";
import type { PackRequest } from "../executor/workspace.ts";

const levels: Readonly<Record<string, number>> = {
  fastest: 0,
  fast: 1,
  default: 6,
  slow: 7,
  slowest: 9,
};

/** GitLab Docs, "Configuring runners": ARTIFACT_COMPRESSION_LEVEL and CACHE_COMPRESSION_LEVEL. */
export function compressionLevel(
  variables: ResolvedVariables,
  name: "ARTIFACT_COMPRESSION_LEVEL" | "CACHE_COMPRESSION_LEVEL",
): number {
  return levels[variables.get(name) ?? ""] ?? 6;
}

/** Whether something is kept after a job that ended so. */
export function isWanted(
  when: "on_success" | "on_failure" | "always",
  succeeded: boolean,
): boolean {
  return when === "always" || (when === "on_success") === succeeded;
}

/** What tells files that git tracks from others, for `untracked: true`. */
export function untrackedOf({ job, variables }: JobContext): NonNullable<PackRequest["untracked"]> {
  const strategy = variables.get("GIT_STRATEGY");
  return {
    sha: job.git_info.sha,
    strategy: strategy === "none" || strategy === "empty" ? strategy : "fetch",
  };
}
