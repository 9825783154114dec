import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleRunner } from "../bundle/program.ts";
import { openDataDirectory, readConfig } from "../data/data-directory.ts";
import { MachineProblem } from "../machine-problem.ts";
import { stopRegistryFront } from "../registry/front.ts";
import { isRunning } from "../setup/detached.ts";
import { REGISTRY_PORTS } from "../setup/host-name.ts";
import { findMachine } from "../setup/machine.ts";
import { machineEnvironments } from "../wire/wire-local.ts";

export class NoPortLeft extends MachineProblem {
  override readonly name = "NoPortLeft";
}

/** A data directory for one run, named for its port, so that no other run takes the same one. */
export type PrivateDirectory = { readonly path: string; readonly port: number };

const ownerFile = "run.pid";

/**
 * Takes a directory and a pair of free ports, from the far end of those that engines trust: a service that
 * stays takes the near end. What a run that was killed has left is removed on the way.
 */
export async function takePrivateDirectory(): Promise<PrivateDirectory> {
  const ports = REGISTRY_PORTS.filter((port) => port % 2 === 0).toReversed();
  for (const port of ports) {
    // Short, because sockets lie below it.
    const path = join(tmpdir(), `slipway-run-${port}`);
    if (!(await make(path)) && !((await isAbandoned(path)) && (await remake(path)))) continue;
    await writeFile(join(path, ownerFile), `${process.pid}\n`, { mode: 0o600 });
    if ((await isFree(port)) && (await isFree(port + 1))) return { path, port };
    await rm(path, { recursive: true, force: true });
  }
  throw new NoPortLeft(
    `All ports between ${ports.at(-1)} and ${ports[0]} are taken: end a service or another run.`,
  );
}

/** Ends everything that runs for the directory, then removes it. */
export async function removePrivateDirectory(path: string): Promise<void> {
  await stopRegistryFront(join(path, "registry"));
  if ((await readConfig(path)) !== undefined) {
    const [data, machine, runner] = await Promise.all([
      openDataDirectory(path),
      findMachine(),
      bundleRunner(),
    ]);
    const environments = machineEnvironments({ data, machine, runner });
    await Promise.all((await environments.list()).map((left) => environments.stop(left)));
  }
  await rm(path, { recursive: true, force: true });
}

async function make(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function remake(path: string): Promise<boolean> {
  await removePrivateDirectory(path);
  return make(path);
}

/** This user's, and its process is gone. */
async function isAbandoned(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.uid !== process.getuid?.()) return false;
  const pid = Number(await readFile(join(path, ownerFile), "utf8").catch(() => ""));
  return pid > 0 && !isRunning(pid);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "0.0.0.0", () => server.close(() => done(true)));
  });
}
