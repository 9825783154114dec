import type { ResolvedVariables } from "../executor/variables.ts";

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
