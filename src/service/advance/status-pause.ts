import type { ForgeError } from "#forge/forge.ts";

const second = 1000;

/**
 * How long a forge is left alone after so many failures in a row: as long as it asks, and at least a time that
 * doubles. GitLab's 409 is a lock that other statuses of the commit hold for seconds, not a forge that is away.
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
