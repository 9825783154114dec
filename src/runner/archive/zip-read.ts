import { constants } from "node:fs";
import { type FileHandle, open, rm, symlink } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type Entry, fromFdPromise, type ZipFile } from "yauzl";
import {
  codeOf,
  nameOf,
  type OpenDirectory,
  type ProjectFiles,
  parentOf,
  unless,
} from "./project-files.ts";
import { ownerFromComment } from "./zip-owner.ts";

/** An archive that is not what a job can have left: damaged, or made to do harm. */
export class BadArchive extends Error {
  override readonly name = "BadArchive";
}

const limits = { entries: 1_000_000, bytes: 50 * 1024 ** 3, linkBytes: 4_096 } as const;
const kindBits = 0o170000;
const linkBits = 0o120000;

/**
 * Unpacks an archive, given as the descriptor of a file, into the project. Files that are there are replaced; nothing is written through a link
 * or outside the project. Modes, times and owners are kept, without the set-user bits. Gives the number of entries.
 */
export async function readZip(
  files: ProjectFiles,
  archive: number,
  signal: AbortSignal,
): Promise<number> {
  // It is not closed: that would close the descriptor, which is the caller's.
  const zip = await fromFdPromise(archive, { autoClose: false }).catch((error: Error) => {
    throw new BadArchive(`the archive cannot be read: ${error.message}`, { cause: error });
  });
  if (zip.entryCount > limits.entries) {
    throw new BadArchive(`the archive has more than ${limits.entries} entries`);
  }
  return unpack(files, zip, signal);
}

async function unpack(files: ProjectFiles, zip: ZipFile, signal: AbortSignal): Promise<number> {
  const directories: { entry: Entry; path: string; mode: number }[] = [];
  let bytes = 0;
  let count = 0;
  for await (const entry of entriesOf(zip)) {
    signal.throwIfAborted();
    bytes += entry.uncompressedSize;
    if (bytes > limits.bytes) {
      throw new BadArchive(`the archive unpacks to more than ${limits.bytes} bytes`);
    }
    const mode = entry.externalFileAttributes >>> 16;
    const path = entry.fileName.replace(/(?<!\/)\/+$/, "");
    count += 1;
    if (entry.fileName.endsWith("/")) {
      await files.make(path);
      directories.push({ entry, path, mode: mode & 0o777 || 0o755 });
      continue;
    }
    const directory = await files.make(parentOf(path));
    if ((mode & kindBits) === linkBits) await writeLink(directory, nameOf(path), zip, entry);
    else await writeFile(directory, nameOf(path), zip, entry, mode & 0o777 || 0o644);
  }
  // Last, for a directory that nobody may write to can still have files in it.
  for (const { entry, path, mode } of directories.reverse()) {
    const { handle } = await files.open(path);
    await giveBack(handle, entry);
    await handle.chmod(mode);
  }
  return count;
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    yield* zip.eachEntry();
  } catch (error) {
    throw new BadArchive(
      `the archive is damaged: ${error instanceof Error ? error.message : error}`,
      {
        cause: error,
      },
    );
  }
}

async function writeLink(
  directory: OpenDirectory,
  name: string,
  zip: ZipFile,
  entry: Entry,
): Promise<void> {
  if (entry.uncompressedSize > limits.linkBytes) {
    throw new BadArchive(`the link ${entry.fileName} is too long`);
  }
  const aim = await text(await zip.openReadStreamPromise(entry));
  await rm(directory.at(name), { force: true });
  await symlink(aim, directory.at(name));
}

async function writeFile(
  directory: OpenDirectory,
  name: string,
  zip: ZipFile,
  entry: Entry,
  mode: number,
): Promise<void> {
  const handle = await createFile(directory.at(name));
  try {
    await handle.writeFile(await zip.openReadStreamPromise(entry));
    await giveBack(handle, entry);
    await handle.chmod(mode);
    const modifiedAt = entry.getLastModDate();
    await handle.utimes(modifiedAt, modifiedAt);
  } finally {
    await handle.close();
  }
}

async function giveBack(handle: FileHandle, entry: Entry): Promise<void> {
  const owner = ownerFromComment(entry.fileComment);
  if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
}

async function createFile(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const create = () => open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  const created = await create().catch(unless("EEXIST"));
  if (created !== undefined) return created;
  await rm(path, { force: true }).catch((error: unknown) => {
    const isDirectory = codeOf(error) === "ERR_FS_EISDIR";
    throw isDirectory ? new BadArchive(`a directory is where the file ${path} belongs`) : error;
  });
  return create();
}
