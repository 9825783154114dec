export type TarFile = {
  /** Relative, at most 100 bytes. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
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
  const blocks: Buffer[] = [];
  for (const path of directories) {
    blocks.push(header(`${path}/`, 0, 0o755, "5", modifiedAt));
  }
  for (const { path, content, mode } of files) {
    const bytes = Buffer.from(content);
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
    blocks.push(header(path, bytes.length, mode, "0", modifiedAt), bytes, padding);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header(
  path: string,
  size: number,
  mode: number,
  type: string,
  modifiedAt: number,
): Buffer {
  const block = Buffer.alloc(512);
  if (Buffer.byteLength(path) > 100) {
    throw new RangeError(`The path ${path} is too long for an archive.`);
  }
  const octal = (value: number, length: number) =>
    `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(path, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(Math.floor(modifiedAt / 1000), 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
