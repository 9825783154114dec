import { join } from "node:path";

/** A key that cannot be a path below the directory. The key is not repeated: it may come from outside. */
export class UnsafeBlobKey extends Error {
  override readonly name = "UnsafeBlobKey";
}

/** First part of the adapter's own folder; no key may begin with it. */
export const temporaryFolder = ".tmp";

const longestPartBytes = 255;

/** The file of a key: always below `root`, whatever the key says. */
export function blobPath(root: string, key: string): string {
  const parts = key.split("/");
  if (parts[0] === temporaryFolder) throw new UnsafeBlobKey("a blob key may not begin with .tmp");
  for (const part of parts) refuseUnsafePart(part);
  return join(root, ...parts);
}

function refuseUnsafePart(part: string): void {
  if (part === "" || part === "." || part === "..") {
    throw new UnsafeBlobKey("a blob key has an empty, “.” or “..” part or is absolute");
  }
  if (/[\0\\]/.test(part)) throw new UnsafeBlobKey("a blob key has a NUL or a backslash in it");
  if (Buffer.byteLength(part) > longestPartBytes) {
    throw new UnsafeBlobKey(`a part of a blob key is longer than ${longestPartBytes} bytes`);
  }
}
