import picocolors from "picocolors";

/**
 * Colours for people at a terminal; none where the output goes into a file or another program, also under CI.
 * `NO_COLOR` and `FORCE_COLOR` (no-color.org, force-color.org) decide where they are set.
 */
export const colors = picocolors.createColors(wantsColors(process.env, process.stdout.isTTY));

export function wantsColors(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return isTerminal && env.TERM !== "dumb";
}
