import type { Ports } from "../deps.ts";

/** Seconds that a direct address is good for. */
const directSeconds = 300;

/** The bytes to send, or a direct address that is valid for a few minutes. */
export type BlobFile =
  | { readonly stream: AsyncIterable<Uint8Array>; readonly sizeBytes: number }
  | { readonly location: string };

export async function openBlob(
  deps: Pick<Ports, "blobs">,
  key: string,
  filename: string,
): Promise<BlobFile | undefined> {
  if (deps.blobs.presignRead === undefined) return deps.blobs.getStream(key);
  const location = await deps.blobs.presignRead(key, { seconds: directSeconds, filename });
  return location === undefined ? undefined : { location };
}
