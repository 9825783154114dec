import type { JobPaths } from "../executor/variables.ts";
import type { PackRequest } from "../executor/workspace.ts";
import type { Log } from "../trace/trace.ts";
import { gitEnvironment, runGit } from "./git.ts";

/**
 * The paths that git tracks at the job's commit, where artifacts or a cache ask for `untracked` files.
 * Undefined where there was no checkout to read it from.
 */
export async function trackedFiles(
  paths: JobPaths,
  { sha, strategy }: NonNullable<PackRequest["untracked"]>,
  log: Log,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  if (strategy === "empty") return new Set();
  if (strategy === "none") {
    log.warning("`untracked` files need a checkout: with GIT_STRATEGY none there are none.");
    return undefined;
  }
  const chunks: Buffer[] = [];
  const { code } = await runGit(["ls-tree", "-r", "-z", "--name-only", "--full-tree", sha], {
    directory: paths.project,
    env: gitEnvironment(process.env, undefined, {}),
    stop: signal,
    onOutput: (bytes) => chunks.push(bytes),
  });
  signal.throwIfAborted();
  if (code !== 0) {
    log.warning("`untracked` files could not be told from tracked ones; they are left out.");
    return undefined;
  }
  return new Set(Buffer.concat(chunks).toString("utf8").split("\0"));
}
