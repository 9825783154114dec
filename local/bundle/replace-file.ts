import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Writes a file that is whole whenever it exists. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const next = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(next, content);
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
}
