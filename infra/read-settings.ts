import { readFileSync } from "node:fs";
import { awsProblems } from "#project/check-aws.ts";
import { formatProblem } from "#project/format-problem.ts";
import { parseSettings, type Settings } from "#project/parse-settings.ts";
import { stackProblems } from "./stack-limits.ts";

/** What is wrong with `slipway.yaml`, a line for each problem: nothing can be made of it. */
export class SettingsFileError extends Error {
  override readonly name = "SettingsFileError";
}

/** Reads the file that the stacks are made from, and finds everything that cannot be deployed. */
export function readSettings(file: string): Settings {
  const text = read(file);
  const parsed = parseSettings(text);
  const problems =
    "problems" in parsed
      ? parsed.problems
      : [...awsProblems(text, parsed.settings), ...stackProblems(text, parsed.settings)];
  if (problems.length > 0 || !("settings" in parsed)) {
    throw new SettingsFileError(problems.map((each) => formatProblem(file, each)).join("\n"));
  }
  return parsed.settings;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new SettingsFileError(
      `${file}: error: cannot be read (${cause}). It names your forges and projects: begin with a copy of slipway.example.yaml, or name another file with \`-c settings=FILE\`.`,
      { cause: error },
    );
  }
}
