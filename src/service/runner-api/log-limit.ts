import type { ProjectKey } from "#pipeline/project-key.ts";
import type { Installation, Ports } from "../deps.ts";

/** Room for what a runner writes itself once a script's output is cut, such as the verdict. */
const lastWordsBytes = 1024 * 1024;

/**
 * The most bytes that a log of the project keeps. The settings are not read for so few `wantedBytes` that
 * every limit allows them, since a log is appended to every second.
 */
export async function logLimitOf(
  deps: Pick<Installation, "settings">,
  of: ProjectKey,
  wantedBytes: number,
): Promise<number> {
  if (wantedBytes <= lastWordsBytes) return lastWordsBytes;
  const settings = await deps.settings(of);
  return (settings?.maxLogBytes ?? 0) + lastWordsBytes;
}

/**
 * Appends as `Blobs.append` does, and keeps at most `limitBytes` and a line that says so. What comes after them is
 * accepted and dropped: `length` is then the end of the piece, as if it were kept.
 */
export async function appendUpTo(
  deps: Pick<Ports, "blobs">,
  key: string,
  piece: { readonly start: number; readonly bytes: Uint8Array },
  limitBytes: number,
): Promise<{ readonly accepted: boolean; readonly length: number }> {
  const { start, bytes } = piece;
  const end = start + bytes.byteLength;
  if (end <= limitBytes) return deps.blobs.append(key, start, bytes);
  const kept = bytes.subarray(0, Math.max(0, limitBytes - start));
  const appended = await deps.blobs.append(key, Math.min(start, limitBytes), kept);
  if (!appended.accepted) return appended;
  await deps.blobs.append(key, limitBytes, cutLine(limitBytes));
  return { accepted: true, length: end };
}

/** The same bytes each time, so that a second append of them changes nothing. */
function cutLine(limitBytes: number): Uint8Array {
  return new TextEncoder().encode(
    `\n\u001b[0;33mThe log is longer than ${limitBytes} bytes (\`max_log_size\`). The rest of it is not kept.\u001b[0;m\n`,
  );
}
