import { existsSync } from "node:fs";
import { closedGit } from "#git/environment.ts";
import { type GitResult, runGit as run } from "#git/run.ts";
import { ForgeError } from "../forge.ts";

export type GitCommand = {
  /** Fed to standard input: names that are data must come this way, or behind `--end-of-options`. */
  readonly input?: string;
  /** @default 16 MiB */
  readonly maxBytes?: number;
  /** @default 30 */
  readonly timeoutSeconds?: number;
};

/**
 * Runs git in a bare repository and resolves with whatever it said; any exit code is a result.
 * Throws `ForgeError` where git cannot be run, takes too long or the repository is not there.
 */
export async function runGit(
  directory: string,
  args: readonly string[],
  command: GitCommand = {},
): Promise<GitResult> {
  if (!existsSync(directory))
    throw new ForgeError(`There is no git repository at ${directory}.`, { retryable: false });
  const env = closedGit({ variables: { GIT_DIR: directory } });
  const limits = { maxBytes: 16 * 1024 * 1024, timeoutSeconds: 30 };
  try {
    return await run(args, { directory, env, ...limits, ...command });
  } catch (cause) {
    throw failure(args, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** As `runGit`, where any other end than success, within the limit on output, is a `ForgeError`. */
export async function readGit(
  directory: string,
  args: readonly string[],
  command: GitCommand = {},
): Promise<Buffer> {
  const result = await runGit(directory, args, command);
  if (result.truncated) throw failure(args, "printed more than this service reads");
  if (result.code !== 0)
    throw failure(args, `ended with ${result.code}: ${result.stderr.split("\n")[0] ?? ""}`);
  return result.stdout;
}

function failure(args: readonly string[], what: string, cause?: unknown): ForgeError {
  return new ForgeError(`git ${args[0]} ${what}`, { retryable: true, cause });
}
