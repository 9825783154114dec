import { readFile, stat, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type DataConfig, readConfig } from "../data/data-directory.ts";
import { lockHolder } from "../data/lock-holder.ts";
import { type RegistryFrontState, registryFrontState } from "../registry/front.ts";
import { isProcessOf } from "../registry/process.ts";
import { lastLines } from "../setup/command.ts";
import { found, missing, type Requirement, warning } from "../setup/requirement.ts";
import { runningService } from "../up/detached-service.ts";

/**
 * Looks at the service of a data directory: whether it, its registry, its state and its disk are as they
 * should be. Empty where no service has used the directory; changes nothing and never rejects.
 */
export async function inspectData(directory: string): Promise<Requirement[]> {
  const data = resolve(directory);
  let config: DataConfig | undefined;
  try {
    config = await readConfig(data);
  } catch (error) {
    return [missing("Data directory", messageOf(error), `${data}/config.json says more`)];
  }
  if (config === undefined) return [];
  try {
    const service = await serviceState(data);
    const registry = await registryFrontState(join(data, "registry"));
    return [
      await describeService(service, data, config),
      await describeRegistry(registry, service, data, config),
      ...(await inspectDatabase(service, data)),
      await inspectDisk(data),
    ];
  } catch (error) {
    return [missing("Data directory", messageOf(error), `ls -l ${data}`)];
  }
}

export type ServiceState =
  | { readonly state: "up"; readonly pid: number; readonly url: string }
  /** It was not stopped; its process is there or not. */
  | { readonly state: "silent" | "dead"; readonly pid: number }
  | { readonly state: "down" };

async function serviceState(data: string): Promise<ServiceState> {
  const running = await runningService(data);
  if (running !== undefined) return { state: "up", ...running };
  const pid = Number(await readFile(join(data, "service.pid"), "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0) return { state: "down" };
  return { state: (await isProcessOf(pid, ["slipway"])) ? "silent" : "dead", pid };
}

async function describeService(
  service: ServiceState,
  data: string,
  config: DataConfig,
): Promise<Requirement> {
  const name = "Service";
  const start = `slipway up --detach --data ${data}`;
  switch (service.state) {
    case "up":
      return found(name, `up at ${service.url} (process ${service.pid})`);
    case "down":
      return found(name, `down; \`${start}\` starts it`);
    case "silent":
      return missing(
        name,
        `process ${service.pid} runs but does not answer on port ${config.port}${await endOf(join(data, "service.log"))}`,
        `slipway down --data ${data} && ${start}`,
      );
    case "dead":
      return missing(
        name,
        `process ${service.pid} is gone without having been stopped: killed, out of memory or crashed${await endOf(join(data, "service.log"))}`,
        `${start}   (running jobs are found again or retried)`,
      );
  }
}

/** The registry belongs to its service, but runs on by itself when that one dies. */
export async function describeRegistry(
  registry: RegistryFrontState,
  service: ServiceState,
  data: string,
  config: DataConfig,
): Promise<Requirement> {
  const name = "Image registry";
  const again = `slipway down --data ${data} && slipway up --detach --data ${data}`;
  switch (registry.state) {
    case "stopped":
      return service.state === "down"
        ? found(name, "down, as its service is")
        : missing(
            name,
            `does not run, so nothing can be pushed or pulled at port ${config.registryPort}${await endOf(join(data, "registry/registry.log"))}`,
            again,
          );
    case "unresponsive":
      return missing(
        name,
        `process ${registry.pid} runs but does not answer on port ${config.registryPort}${await endOf(registry.log)}`,
        again,
      );
    case "running": {
      if (registry.registry === "down") {
        const why = registry.problem === undefined ? "" : `: ${registry.problem}`;
        return missing(
          name,
          `its CNCF Distribution does not run${why}${await endOf(registry.log)}`,
          `Mend what ${registry.log} tells; it is started again by itself`,
        );
      }
      const detail = `up at ${registry.listening.join(", ")} (process ${registry.pid})`;
      return registry.problem === undefined
        ? found(name, detail)
        : warning(name, `${detail}, but ${registry.problem}`, again);
    }
  }
}

async function inspectDatabase(service: ServiceState, data: string): Promise<Requirement[]> {
  const holder = await lockHolder(join(data, "dynamodb/LOCK"));
  const own = service.state === "down" ? undefined : service.pid;
  if (holder === undefined || holder.pid === own) return [];
  return [
    missing(
      "State",
      `${data}/dynamodb is in use by process ${holder.pid} (${holder.command}), which is not the service`,
      `kill ${holder.pid}   (or another directory with --data)`,
    ),
  ];
}

async function inspectDisk(data: string): Promise<Requirement> {
  const { bavail, bsize, files, ffree } = await statfs(data);
  const reserve = await stat(join(data, "disk-reserve")).catch(() => undefined);
  return describeDataDisk(data, {
    bytes: bavail * bsize,
    // File systems that make inodes as they need them count none.
    ...(files > 0 && { inodes: ffree }),
    reserved: reserve !== undefined,
  });
}

const MEBIBYTE = 2 ** 20;

/** Logs, images, artifacts and state are all on this disk. */
export function describeDataDisk(
  data: string,
  room: { readonly bytes: number; readonly inodes?: number; readonly reserved: boolean },
): Requirement {
  const name = "Disk of the data";
  const detail = `${Math.floor(room.bytes / MEBIBYTE)} MiB free at ${data}`;
  const howToGet = `du -sh ${data}/*   (blobs and registry/storage hold logs, artifacts and images)`;
  if (room.inodes !== undefined && room.inodes < 100) {
    return missing(name, `no files can be made at ${data}: its inodes are used up`, howToGet);
  }
  if (room.bytes < 64 * MEBIBYTE) {
    const lost = room.reserved ? "" : "; it was so full that the room set aside was given up";
    return missing(name, `full: ${detail}${lost}. Jobs fail for this reason`, howToGet);
  }
  return room.bytes < 1024 * MEBIBYTE ? warning(name, detail, howToGet) : found(name, detail);
}

async function endOf(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  const end = lastLines(text, 3).slice(-600);
  return end === "" ? "" : `. The end of ${log}:\n${end.replace(/^/gm, "    ")}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
