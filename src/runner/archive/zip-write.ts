import { once } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ZipFile } from "yazl";
import type { FoundFile } from "./find-files.ts";
import { nameOf, type ProjectFiles, parentOf } from "./project-files.ts";
import { ownerComment } from "./zip-owner.ts";

export type ArchiveOptions = {
  readonly files: ProjectFiles;
  readonly found: readonly FoundFile[];
  /** Ended when the archive is whole. */
  readonly output: Writable;
  /** 0 to 9. */
  readonly level: number;
  readonly signal: AbortSignal;
  /** Told of files that went away or cannot be read. */
  readonly skipped: (path: string) => void;
};

/** Files up to this size are compressed side by side, so many at a time. */
const smallBytes = 512 * 1024;
const togetherBytes = 4 * 1024 * 1024;

/** Writes a zip archive, file after file. Modes, times and owners are kept, links stay links. */
export async function writeZip(options: ArchiveOptions): Promise<void> {
  const { output, signal } = options;
  const zip = new ZipFile();
  const failed = new Promise<never>((_resolve, reject) => zip.on("error", reject));
  const written = pipeline(zip.outputStream, output, { signal });
  const feeding = feed(zip, options);
  try {
    await Promise.race([Promise.all([written, feeding]), failed]);
  } catch (error) {
    output.destroy();
    await Promise.allSettled([written]);
    throw error;
  }
}

async function feed(zip: ZipFile, options: ArchiveOptions): Promise<void> {
  const { files, level, signal } = options;
  let together = 0;
  for (const file of options.found) {
    signal.throwIfAborted();
    const attributes = {
      mtime: file.modifiedAt,
      mode: file.mode,
      fileComment: ownerComment(file.owner),
    };
    switch (file.kind) {
      case "directory":
        zip.addEmptyDirectory(`${file.path}/`, attributes);
        break;
      case "link": {
        const aim = await readAim(files, file.path);
        if (aim === undefined) options.skipped(file.path);
        else zip.addBuffer(Buffer.from(aim), file.path, { ...attributes, compressionLevel: 0 });
        break;
      }
      case "file": {
        const handle = await openFile(files, file.path);
        if (handle === undefined) {
          options.skipped(file.path);
          break;
        }
        const entry = { ...attributes, compressionLevel: level };
        const { size } = await handle.stat();
        if (size <= smallBytes && together + size <= togetherBytes) {
          together += size + 1000;
          const content = await handle.readFile();
          await handle.close();
          zip.addBuffer(content, file.path, entry);
          break;
        }
        together = 0;
        const stream = handle.createReadStream({ highWaterMark: 256 * 1024 });
        const closed = once(stream, "close");
        // Asked for only when all before it is written.
        zip.addReadStreamLazy(file.path, entry, (give) => give(undefined, stream));
        await closed;
      }
    }
  }
  zip.end();
}

async function readAim(files: ProjectFiles, path: string): Promise<string | undefined> {
  try {
    const directory = await files.open(parentOf(path));
    return await readlink(directory.at(nameOf(path)));
  } catch {
    return undefined;
  }
}

/** Writes files one after the other, each compressed for itself, into one file (RFC 1952: members). */
export async function writeGzip(options: ArchiveOptions): Promise<void> {
  const { output, signal, level } = options;
  for (const file of options.found) {
    if (file.kind !== "file") continue;
    const handle = await openFile(options.files, file.path);
    if (handle === undefined) {
      options.skipped(file.path);
      continue;
    }
    await pipeline(handle.createReadStream(), createGzip({ level }), output, {
      signal,
      end: false,
    });
  }
  output.end();
  await finished(output);
}

/** Undefined for what is no plain file (any more). */
async function openFile(files: ProjectFiles, path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle: FileHandle | undefined;
  try {
    const directory = await files.open(parentOf(path));
    handle = await open(directory.at(nameOf(path)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
  } catch {
    // Gone, or not this program's to read: said by the caller.
  }
  await handle?.close();
  return undefined;
}
