import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { tarEnd, tarHeader, tarPadding } from "#engine/tar.ts";

/** One entry of an image layer; `path` has no leading slash. */
export type LayerEntry = { readonly path: string } & (
  | { readonly kind: "directory"; readonly mode: number }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "text"; readonly mode: number; readonly text: string }
  | { readonly kind: "file"; readonly mode: number; readonly source: string }
);

export interface Layer {
  /** `sha256:…` of the uncompressed archive: digest and diff id in one. */
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes a layer as an uncompressed tar archive (POSIX ustar). The same entries with the same content
 * give the same digest: owners are root, times are zero, order is by path.
 */
export async function writeLayer(
  destination: string,
  entries: readonly LayerEntry[],
): Promise<Layer> {
  const hash = createHash("sha256");
  const output = await open(destination, "w", 0o644);
  let size = 0;
  const write = async (bytes: Buffer) => {
    hash.update(bytes);
    size += bytes.length;
    await output.write(bytes);
  };
  try {
    for (const entry of withParents(entries)) {
      await writeEntry(entry, write);
    }
    await write(tarEnd());
  } finally {
    await output.close();
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

async function writeEntry(
  entry: LayerEntry,
  write: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  switch (entry.kind) {
    case "directory":
      return write(tarHeader({ path: `${entry.path}/`, type: "5", mode: entry.mode, size: 0 }));
    case "link":
      return write(
        tarHeader({ path: entry.path, type: "2", mode: 0o777, size: 0, target: entry.target }),
      );
    case "text": {
      const bytes = Buffer.from(entry.text);
      await write(tarHeader({ path: entry.path, type: "0", mode: entry.mode, size: bytes.length }));
      await write(bytes);
      return write(tarPadding(bytes.length));
    }
    case "file": {
      const { size } = await stat(entry.source);
      await write(tarHeader({ path: entry.path, type: "0", mode: entry.mode, size }));
      let sent = 0;
      for await (const chunk of createReadStream(entry.source, { highWaterMark: 1 << 20 })) {
        sent += chunk.length;
        await write(chunk);
      }
      if (sent !== size) {
        throw new Error(`${entry.source} changed while it was read`);
      }
      return write(tarPadding(size));
    }
  }
}

/** Sorted, one entry a path (the last one given), with every parent directory before its content. */
export function withParents(entries: readonly LayerEntry[]): LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (!byPath.has(path)) {
        byPath.set(path, { path, kind: "directory", mode: 0o755 });
      }
    }
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
