import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import {
  makeRegistryKeyPair,
  type RegistryKeys,
  readRegistryKeys,
} from "#registry/registry-keys.ts";

export type { RegistryKeys } from "#registry/registry-keys.ts";

const schema = z.object({ privateKey: z.string(), certificate: z.string() });

/** The installation's keys for registry tokens, made at the first call, in a file only its owner reads. */
export async function openRegistryKeys(directory: string): Promise<RegistryKeys> {
  const path = join(directory, "token-keys.json");
  const known = await readKeys(path);
  if (known !== undefined) return known;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomUUID()}`;
  try {
    const made = JSON.stringify(await makeRegistryKeyPair(Date.now()));
    await writeFile(beside, made, { mode: 0o600, flag: "wx" });
    // A link refuses when another process was first: its keys are the ones then.
    await link(beside, path).catch(unless("EEXIST"));
  } finally {
    await rm(beside, { force: true });
  }
  const keys = await readKeys(path);
  if (keys === undefined) throw new Error(`${path} was removed while it was made`);
  return keys;
}

async function readKeys(path: string): Promise<RegistryKeys | undefined> {
  const text = await readFile(path, "utf8").catch(unless("ENOENT"));
  if (text === undefined) return undefined;
  try {
    return await readRegistryKeys(schema.parse(JSON.parse(text)));
  } catch {
    // The cause would quote the key.
    throw new Error(`${path} cannot be read: restore it, or delete it to have new keys.`);
  }
}

function unless(expected: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === expected) return undefined;
    throw error;
  };
}
