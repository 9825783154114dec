import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";

/** The whole log of a job, kept until the service has it. */
export type TraceSpool = {
  readonly append: (bytes: Buffer) => void;
  /** At most `limit` bytes from `offset` on. */
  readonly read: (offset: number, limit: number) => Buffer;
  readonly size: () => number;
  /** `crc32:` and eight hexadecimal digits, as GitLab Runner reports it. */
  readonly checksum: () => string;
  readonly remove: () => void;
};

/** Keeps the log in a file readable by its owner alone; what a full disk refuses stays in memory. */
export function openTraceSpool(path: string): TraceSpool {
  const file = openOwn(path);
  const memory: Buffer[] = [];
  let inFile = 0;
  let inMemory = 0;
  let sum = 0;

  function appendToFile(bytes: Buffer): number {
    let written = 0;
    if (file === undefined) return written;
    try {
      while (written < bytes.length) {
        written += writeSync(file, bytes, written, bytes.length - written, inFile + written);
      }
    } catch {
      // A full or vanished disk must not cost the log: the rest is kept in memory.
    }
    inFile += written;
    return written;
  }

  function readFromFile(offset: number, limit: number): Buffer {
    const bytes = Buffer.alloc(Math.min(limit, inFile - offset));
    const count = file === undefined ? 0 : readSync(file, bytes, 0, bytes.length, offset);
    return bytes.subarray(0, count);
  }

  return {
    append: (bytes) => {
      sum = crc32(bytes, sum);
      const written = inMemory === 0 ? appendToFile(bytes) : 0;
      if (written === bytes.length) return;
      memory.push(Buffer.from(bytes.subarray(written)));
      inMemory += bytes.length - written;
    },
    read: (offset, limit) => {
      if (offset < inFile) return readFromFile(offset, limit);
      const start = offset - inFile;
      return Buffer.concat(memory).subarray(start, start + limit);
    },
    size: () => inFile + inMemory,
    checksum: () => `crc32:${sum.toString(16).padStart(8, "0")}`,
    remove: () => {
      if (file !== undefined) closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

/** Undefined where not even an empty file can be made. */
function openOwn(path: string): number | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "w+", 0o600);
  } catch {
    return undefined;
  }
}
