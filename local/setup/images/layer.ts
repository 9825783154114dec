import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";

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

const BLOCK = 512;

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
    await write(Buffer.alloc(2 * BLOCK));
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
      return write(padded(bytes));
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
      return write(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
    }
  }
}

/** One 512-byte ustar header. A path of more than 100 bytes is split at a slash into prefix and name. */
export function tarHeader(entry: {
  readonly path: string;
  readonly type: "0" | "2" | "5";
  readonly mode: number;
  readonly size: number;
  readonly target?: string;
}): Buffer {
  const header = Buffer.alloc(BLOCK);
  const { prefix, name } = splitPath(entry.path);
  header.write(name, 0);
  header.write(octal(entry.mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(entry.size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write(entry.type, 156);
  header.write(entry.target ?? "", 157);
  header.write("ustar\u000000", 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148);
  return header;
}

function splitPath(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= 100) {
    return { prefix: "", name: path };
  }
  for (let cut = path.indexOf("/"); cut > 0; cut = path.indexOf("/", cut + 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
    if (name && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) {
      return { prefix, name };
    }
  }
  throw new Error(`The path is too long for an archive: ${path}`);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\u0000`;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
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
