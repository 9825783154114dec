import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";

/** What the front's process reads when it starts; the service's address again whenever it is needed. */
const optionsSchema = z.object({
  /** Made anew at every start, so that a front can be told from another program on its port. */
  instance: z.string(),
  /** Of the front's own program: another version takes the place of this one. */
  program: z.string(),
  registryBinary: z.string(),
  host: z.string(),
  port: z.int(),
  addresses: z.array(z.string()),
  serviceUrl: z.string(),
  issuer: z.string(),
  service: z.string(),
  certificate: z.string(),
  /** Signs the state of uploads, so that one in flight survives a restart of the registry. */
  uploadSecret: z.string(),
});

export type RegistryFrontOptions = z.infer<typeof optionsSchema>;

const stateSchema = z.object({
  pid: z.int(),
  instance: z.string(),
  registryPid: z.optional(z.int()),
});

/** Where to find a front and its registry again. */
export type RegistryFrontProcess = z.infer<typeof stateSchema>;

/** The front's own answer about itself. */
export const identitySchema = z.object({
  instance: z.string(),
  registry: z.enum(["up", "down"]),
  listening: z.array(z.string()),
  problem: z.optional(z.string()),
});

export type RegistryFrontIdentity = z.infer<typeof identitySchema>;

export const identityPath = "/slipway-registry-front";

export function frontFiles(directory: string) {
  return {
    options: join(directory, "front-options.json"),
    process: join(directory, "front.json"),
    log: join(directory, "registry.log"),
    config: join(directory, "distribution.yml"),
    certificate: join(directory, "token-certificate.pem"),
    storage: join(directory, "storage"),
  } as const;
}

export async function readFrontOptions(
  directory: string,
): Promise<RegistryFrontOptions | undefined> {
  return readWhole(frontFiles(directory).options, optionsSchema);
}

export async function writeFrontOptions(
  directory: string,
  options: RegistryFrontOptions,
): Promise<void> {
  await writeWhole(frontFiles(directory).options, JSON.stringify(options, null, 2));
}

export async function readFrontProcess(
  directory: string,
): Promise<RegistryFrontProcess | undefined> {
  return readWhole(frontFiles(directory).process, stateSchema);
}

export async function writeFrontProcess(
  directory: string,
  state: RegistryFrontProcess,
): Promise<void> {
  await writeWhole(frontFiles(directory).process, JSON.stringify(state));
}

/** A reader sees the old text or the new, never half; only the owner reads it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, text, { mode: 0o600 });
  await rename(beside, path);
}

/** A file of another shape is as good as none: it is written anew. */
async function readWhole<T>(path: string, schema: z.core.$ZodType<T>): Promise<T | undefined> {
  try {
    return z.parse(schema, JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}
