import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod/mini";
import { MachineProblem } from "../machine-problem.ts";

/** What a data directory remembers about itself from one start to the next. */
export type DataConfig = {
  /** Sets this installation's containers apart from another's on the same engine. */
  readonly installation: string;
  readonly port: number;
  readonly registryPort: number;
};

export type DataDirectory = {
  readonly path: string;
  readonly config: DataConfig;
  readonly at: (...parts: string[]) => string;
  /** Writes the configuration down, once it is known to be good: the service listens on its ports. */
  readonly keepConfig: () => Promise<void>;
};

/** What the directory remembers cannot be used; the message says what to do. */
export class DataDirectoryError extends MachineProblem {
  override readonly name = "DataDirectoryError";
}

const schema = z.object({
  installation: z.string(),
  port: z.int(),
  registryPort: z.int(),
});

export const defaultPort = 4480;

/**
 * Opens the directory, or makes it (0700). Ports are chosen once and kept, since image names and clone
 * addresses carry them; with another port the registry's moves along.
 */
export async function openDataDirectory(
  directory: string,
  ports: { readonly port?: number; readonly registryPort?: number } = {},
): Promise<DataDirectory> {
  const path = resolve(directory);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  const known = await readConfig(path);
  const port = ports.port ?? known?.port ?? defaultPort;
  const config: DataConfig = {
    installation: known?.installation ?? randomBytes(4).toString("hex"),
    port,
    registryPort:
      ports.registryPort ?? (known?.port === port ? known.registryPort : undefined) ?? port + 1,
  };
  return {
    path,
    config,
    at: (...parts) => join(path, ...parts),
    keepConfig: async () => {
      if (JSON.stringify(config) === JSON.stringify(known)) return;
      const file = configFile(path);
      await writeFile(`${file}.new`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}

/** The configuration of a directory that a service used before; undefined when there is none. */
export async function readConfig(directory: string): Promise<DataConfig | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(configFile(directory), "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new DataDirectoryError(
      `${configFile(directory)} cannot be read. Mend it, or remove it: the service then chooses its ports anew.`,
      { cause: error },
    );
  }
}

function configFile(directory: string): string {
  return join(directory, "config.json");
}
