import type { ForgeError } from "#forge/forge.ts";

const second = 1000;

/**
 * The pause before the next status after several failures in a row: at least as long as the forge asks for, and doubling
 * with each failure. GitLab answers 409 while other statuses of the commit hold a lock for seconds; the forge is then
 * available.
 */
export function statusPause(
  error: Pick<ForgeError, "status" | "waitMilliseconds">,
  failures: number,
): number {
  const [first, longest] =
    error.status === 409 ? [2 * second, 60 * second] : [5 * second, 600 * second];
  const doubled = Math.min(first * 2 ** Math.min(failures - 1, 20), longest);
  return Math.max(doubled, Math.min(error.waitMilliseconds ?? 0, 3600 * second));
}
