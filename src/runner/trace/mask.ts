import { Buffer } from "node:buffer";

/** Takes bytes as they come and gives back what may be shown; `flush` gives what was held back. */
export type StreamFilter = {
  readonly write: (bytes: Buffer) => Buffer;
  readonly flush: () => Buffer;
};

const MASKED = Buffer.from("[MASKED]");
const EMPTY = Buffer.alloc(0);

/**
 * Replaces every occurrence of every secret by `[MASKED]`, wherever the chunks are split. Occurrences
 * that overlap become one `[MASKED]`, so that no end of a longer secret shows behind a shorter one.
 */
export function maskSecrets(secrets: readonly string[]): StreamFilter {
  const needles = [...new Set(secrets)]
    .filter((secret) => secret !== "")
    .map((secret) => Buffer.from(secret))
    .sort((a, b) => b.length - a.length);
  let pending: Buffer = EMPTY;
  /** So many first bytes of `pending` belong to a region whose `[MASKED]` is already out. */
  let covered = 0;

  function take(data: Buffer, until: number): Buffer {
    const regions = mergeOverlaps(findAll(data, needles), covered);
    const out: Buffer[] = [];
    let position = 0;
    covered = 0;
    for (const region of regions) {
      if (region.start >= until && !region.announced) break;
      out.push(data.subarray(position, region.start));
      if (!region.announced) out.push(MASKED);
      position = Math.min(region.end, until);
      covered = Math.max(0, region.end - until);
    }
    out.push(data.subarray(position, until));
    pending = Buffer.from(data.subarray(until));
    return Buffer.concat(out);
  }

  return {
    write: (bytes) => {
      if (needles.length === 0) return bytes;
      const data = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      return take(data, startOfPossibleSecret(data, needles));
    },
    flush: () => take(pending, pending.length),
  };
}

type Region = { start: number; end: number; announced: boolean };

function findAll(data: Buffer, needles: readonly Buffer[]): Region[] {
  const found: Region[] = [];
  for (const needle of needles) {
    for (let at = data.indexOf(needle); at !== -1; at = data.indexOf(needle, at + 1)) {
      found.push({ start: at, end: at + needle.length, announced: false });
    }
  }
  return found;
}

function mergeOverlaps(found: Region[], covered: number): Region[] {
  if (covered > 0) found.push({ start: 0, end: covered, announced: true });
  // At the same start the announced region comes first, so that it is not announced again.
  found.sort((a, b) => a.start - b.start || Number(b.announced) - Number(a.announced));
  const merged: Region[] = [];
  for (const region of found) {
    const last = merged.at(-1);
    if (last !== undefined && region.start < last.end) last.end = Math.max(last.end, region.end);
    else merged.push(region);
  }
  return merged;
}

/** The first position from which the rest of `data` could be the beginning of a secret. */
export function startOfPossibleSecret(data: Buffer, needles: readonly Buffer[]): number {
  let earliest = data.length;
  for (const needle of needles) {
    const first = needle[0] ?? 0;
    const from = Math.max(0, data.length - needle.length + 1);
    for (let at = data.indexOf(first, from); at !== -1; at = data.indexOf(first, at + 1)) {
      if (at >= earliest) break;
      if (data.compare(needle, 0, data.length - at, at) === 0) {
        earliest = at;
        break;
      }
    }
  }
  return earliest;
}

const TOKEN_BYTES = new Set(
  Buffer.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.="),
);

/** Shows known prefixes of tokens (such as `glpat-`) but replaces the token behind them by `[MASKED]`. */
export function maskTokensByPrefix(prefixes: readonly string[]): StreamFilter {
  const needles = [...new Set(prefixes)]
    .filter((prefix) => prefix !== "")
    .map((prefix) => Buffer.from(prefix))
    .sort((a, b) => b.length - a.length);
  let pending: Buffer = EMPTY;
  let state: "text" | "behind-prefix" | "in-token" = "text";

  function take(data: Buffer, until: number): Buffer {
    const out: Buffer[] = [];
    let position = 0;
    while (position < data.length) {
      if (state !== "text") {
        const end = endOfToken(data, position);
        if (end > position && state === "behind-prefix") {
          out.push(MASKED);
          state = "in-token";
        }
        position = end;
        if (position >= data.length) break;
        state = "text";
        continue;
      }
      const next = firstOf(data, needles, position);
      if (next === undefined || next.start >= until) break;
      out.push(data.subarray(position, next.end));
      position = next.end;
      state = "behind-prefix";
    }
    const rest = Math.max(position, until);
    if (position < rest) out.push(data.subarray(position, rest));
    pending = Buffer.from(data.subarray(rest));
    return Buffer.concat(out);
  }

  return {
    write: (bytes) => {
      if (needles.length === 0) return bytes;
      const data = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      return take(data, startOfPossibleSecret(data, needles));
    },
    flush: () => take(pending, pending.length),
  };
}

function endOfToken(data: Buffer, from: number): number {
  let end = from;
  while (end < data.length && TOKEN_BYTES.has(data[end] ?? 0)) end++;
  return end;
}

function firstOf(
  data: Buffer,
  needles: readonly Buffer[],
  from: number,
): { start: number; end: number } | undefined {
  let first: { start: number; end: number } | undefined;
  for (const needle of needles) {
    const start = data.indexOf(needle, from);
    if (start === -1 || (first !== undefined && start >= first.start)) continue;
    first = { start, end: start + needle.length };
  }
  return first;
}
