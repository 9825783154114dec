import type { Ports } from "../deps.ts";

/**
 * One empty blob per expiring artifact, named in the order of time, so that due artifacts are found without reading
 * every pipeline.
 */
export type ExpiryMark = {
  /** ISO 8601. */
  readonly at: string;
  readonly jobId: number;
  readonly type: string;
};

/** GitLab's default: "Default artifacts expiration". */
export const defaultExpirySeconds = 30 * 24 * 3600;

export const expiryPrefix = "artifact-expiry/";

export function expiryKey(mark: ExpiryMark): string {
  return `${expiryPrefix}${mark.at}/${mark.jobId}/${mark.type}`;
}

/** Sorts after the marks of this time and before all later ones: a slash comes before a digit. */
export function expiryKeysEnd(at: string): string {
  return `${expiryPrefix}${at}0`;
}

export function parseExpiryKey(key: string): ExpiryMark | undefined {
  const [at, jobId, type, ...more] = key.slice(expiryPrefix.length).split("/");
  if (at === undefined || type === undefined || more.length > 0) return undefined;
  return { at, jobId: Number(jobId), type };
}

export async function markExpiry(deps: Pick<Ports, "blobs">, mark: ExpiryMark): Promise<void> {
  await deps.blobs.put(expiryKey(mark), new Uint8Array());
}

export function expiryOfUnconfirmed(now: number): string {
  return new Date(now + defaultExpirySeconds * 1000).toISOString();
}
