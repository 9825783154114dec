/** A key that cannot be a path below the store's root. The key is not repeated: it may come from outside. */
export class UnsafeBlobKey extends Error {
  override readonly name = "UnsafeBlobKey";
}

const longestPartBytes = 255;

/** The words between a key's slashes; throws where one of them could mean anything else. */
export function blobKeyParts(key: string): readonly string[] {
  const parts = key.split("/");
  for (const part of parts) refuseUnsafePart(part);
  return parts;
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
