import { join } from "node:path";
import { blobKeyParts, UnsafeBlobKey } from "./blob-key.ts";

/** First part of the adapter's own folder; no key may begin with it. */
export const temporaryFolder = ".tmp";

/** The file of a key: always below `root`, whatever the key says. */
export function blobPath(root: string, key: string): string {
  const parts = blobKeyParts(key);
  if (parts[0] === temporaryFolder) throw new UnsafeBlobKey("a blob key may not begin with .tmp");
  return join(root, ...parts);
}
