import { readFile, stat } from "node:fs/promises";
import { formatProblem } from "#project/format-problem.ts";
import { parseSettings, type Settings } from "#project/parse-settings.ts";
import { MachineProblem } from "../machine-problem.ts";

export class SettingsError extends MachineProblem {
  override readonly name = "SettingsError";
}

/** Reads `slipway.yaml`; a file that is not there means defaults for everything. */
export async function loadSettings(file: string): Promise<Settings> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new SettingsError(`${file} cannot be read: ${String(error)}`, { cause: error });
  });
  const parsed = parseSettings(text);
  if ("settings" in parsed) return parsed.settings;
  const problems = parsed.problems.map((problem) => formatProblem(file, problem));
  throw new SettingsError(problems.join("\n"));
}

/**
 * Settings that follow the file: read again when it changed. A change that is wrong is told to `warn`, and
 * the last good settings stay in force.
 */
export async function followSettings(
  file: string,
  warn: (message: string) => void,
): Promise<() => Promise<Settings>> {
  let settings = await loadSettings(file);
  let stamp = await modified(file);
  return async () => {
    const now = await modified(file);
    if (now !== stamp) {
      stamp = now;
      try {
        settings = await loadSettings(file);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        warn(error.message);
      }
    }
    return settings;
  };
}

async function modified(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}
