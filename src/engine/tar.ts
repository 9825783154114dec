/** What an archive is made of: 512 bytes at a time. */
const BLOCK = 512;

export type TarFile = {
  /** Relative, without a leading slash. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
};

export type TarEntry = {
  readonly path: string;
  /** File, symbolic link or directory; the path of a directory ends in a slash. */
  readonly type: "0" | "2" | "5";
  readonly mode: number;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  /** Where a link points to. */
  readonly target?: string;
  /** In milliseconds. @default 0 */
  readonly modifiedAt?: number;
};

/** Packs small files as "POSIX.1-1988 ustar", owned by root, with the directories they need. */
export function tar(files: readonly TarFile[], modifiedAt: number): Buffer {
  const directories = new Set(
    files.flatMap(({ path }) =>
      path
        .split("/")
        .flatMap((_, depth, parts) => (depth > 0 ? [parts.slice(0, depth).join("/")] : [])),
    ),
  );
  const blocks = [...directories].map((path) =>
    tarHeader({ path: `${path}/`, type: "5", mode: 0o755, size: 0, modifiedAt }),
  );
  for (const { path, content, mode } of files) {
    const bytes = Buffer.from(content);
    const size = bytes.length;
    blocks.push(tarHeader({ path, type: "0", mode, size, modifiedAt }), bytes, tarPadding(size));
  }
  return Buffer.concat([...blocks, tarEnd()]);
}

/** One header, owned by root. A path of more than 100 bytes is split at a slash into prefix and name. */
export function tarHeader(entry: TarEntry): Buffer {
  const header = Buffer.alloc(BLOCK);
  const { prefix, name } = splitPath(entry.path);
  header.write(name, 0);
  header.write(octal(entry.mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(entry.size, 12), 124);
  header.write(octal(Math.floor((entry.modifiedAt ?? 0) / 1000), 12), 136);
  header.write(" ".repeat(8), 148);
  header.write(entry.type, 156);
  header.write(entry.target ?? "", 157);
  header.write("ustar\u000000", 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148);
  return header;
}

/** What follows the content of a file, up to the next block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
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
  throw new RangeError(`The path is too long for an archive: ${path}`);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\u0000`;
}
