import { rm } from "node:fs/promises";
import type Docker from "dockerode";
import { engineMessage, isUnreachable } from "#engine/error.ts";
import { waitUntil } from "../wait-until.ts";
import { type HostFiles, readFacts, readProcess } from "./files.ts";
import { limitedProcesses, removeProcessLimit } from "./process-limit.ts";
import { isRunning, processesOf, signal } from "./processes.ts";
import { removeOwned } from "./remove-owned.ts";

export type HostStop = {
  readonly files: HostFiles;
  readonly docker: Docker;
  readonly graceMs: number;
};

/**
 * Asks an environment of this machine to end, ends what does not, and removes all that was its own.
 * Its directory goes last: until then the environment is still listed, and a stop can be repeated.
 */
export async function stopOnHost(id: string, stop: HostStop): Promise<void> {
  const process = await readProcess(stop.files);
  if (process !== undefined && (await isRunning(process))) {
    // To `timeout`, which leads the group and passes it on to all: each gets it once.
    signal(process.group, "SIGTERM");
    await waitUntil(async () => !(await isRunning(process)), stop.graceMs);
    if (await isRunning(process)) {
      signal(-process.group, "SIGKILL");
    }
  }
  await killAll(id);
  try {
    await removeOwned(stop.docker, id);
  } catch (error) {
    const facts = await readFacts(stop.files);
    if (!isUnreachable(error) || (facts && facts.executor !== "shell")) {
      throw new Error(`What ${id} left on the engine is not removed yet: ${engineMessage(error)}`, {
        cause: error,
      });
    }
  }
  // A container of the job may have started processes of this machine through the engine's socket.
  await killAll(id);
  await removeProcessLimit(id);
  await removeDirectory(stop);
}

async function killAll(id: string): Promise<void> {
  const ended = await waitUntil(async () => {
    const found = await Promise.all([limitedProcesses(id), processesOf(id)]);
    const pids = new Set(found.flat());
    for (const pid of pids) {
      signal(pid, "SIGKILL");
    }
    return pids.size === 0;
  }, 10_000);
  if (!ended) {
    throw new Error(`Processes of ${id} cannot be killed.`);
  }
}

async function removeDirectory({ files }: HostStop): Promise<void> {
  try {
    await rm(files.root, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw new Error(`${files.root} cannot be removed: ${engineMessage(error)}`, { cause: error });
  }
}
