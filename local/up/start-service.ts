import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createApp, createWorkloadApp } from "#functions/http/app.ts";
import type { AppDeps } from "#functions/http/app-deps.ts";
import { isSignedIn } from "#functions/http/sign-in.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { issueRegistryToken } from "#registry/token.ts";
import { authorizeAccess } from "#service/access/authorize-access.ts";
import { grantOfToken } from "#service/access/authorize-job.ts";
import { isoNow, type Log } from "#service/deps.ts";
import { sweepStrayEnvironments } from "#service/environment/sweep-stray-environments.ts";
import { sweep } from "#service/sweep/sweep.ts";
import type { SweepPart } from "#service/sweep/timetable.ts";
import { bundleRunner } from "../bundle/program.ts";
import { type DataDirectory, openDataDirectory } from "../data/data-directory.ts";
import { surviveFullDisk } from "../data/survive-full-disk.ts";
import { createGitHost } from "../git-host/git-host.ts";
import { gitHostOptions } from "../git-host/git-host-options.ts";
import { sweepLostPushes } from "../git-host/sweep-lost-pushes.ts";
import { inPackage } from "../package-root.ts";
import { startRegistryFront } from "../registry/front.ts";
import { openRegistryKeys, type RegistryKeys } from "../registry/keys.ts";
import { findMachine, type Machine } from "../setup/machine.ts";
import { followSettings } from "../wire/load-settings.ts";
import { type LocalService, wireLocal } from "../wire/wire-local.ts";
import { door } from "./door.ts";
import { keepMetadataClosed } from "./keep-metadata-closed.ts";
import { keepSweeping } from "./keep-sweeping.ts";
import { closeServer, listen } from "./listen.ts";
import { standardErrorLog } from "./log.ts";
import { oneMachineTimetable } from "./one-machine-timetable.ts";

export type ServiceSettings = {
  readonly data: string;
  /** Path of slipway.yaml; it need not exist. */
  readonly config: string;
  readonly port?: number;
  readonly log?: Log;
  /** Has the last word on a project's settings. */
  readonly changeSettings?: (settings: ProjectSettings) => ProjectSettings;
};

export type RunningService = {
  readonly service: LocalService;
  readonly data: DataDirectory;
  /**
   * Stops looking after pipelines, does what is to be done last, and closes; environments and registry go on.
   */
  readonly stop: (last?: () => Promise<void>) => Promise<void>;
};

/** Starts the service in this process: resolves when it answers. */
export async function startService(settings: ServiceSettings): Promise<RunningService> {
  const data = await openDataDirectory(
    settings.data,
    settings.port === undefined ? {} : { port: settings.port },
  );
  const [machine, runner, registryKeys, version] = await Promise.all([
    findMachine(),
    bundleRunner(),
    openRegistryKeys(data.at("registry")),
    readVersion(),
  ]);
  const service = await wireLocal({
    data,
    machine,
    settingsFile: settings.config,
    runner,
    registryKeys,
    version,
    log: settings.log ?? standardErrorLog(),
    ...(settings.changeSettings && { changeSettings: settings.changeSettings }),
  });
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
    await service.close();
  };
  try {
    const parts = await serve({ settings, data, machine, registryKeys, service }, servers);
    const stopSweeping = keepSweeping(service.deps, parts);
    return {
      service,
      data,
      stop: async (last) => {
        stopSweeping();
        await last?.();
        await close();
        await rm(data.at("service.pid"), { force: true });
      },
    };
  } catch (error) {
    // What stays open would keep the process from ending.
    await close();
    throw error;
  }
}

/** Opens all doors, then makes good what was lost while they were closed. Gives what is to be swept from now on. */
async function serve(
  opened: {
    readonly settings: ServiceSettings;
    readonly data: DataDirectory;
    readonly machine: Machine;
    readonly registryKeys: RegistryKeys;
    readonly service: LocalService;
  },
  servers: Server[],
): Promise<readonly SweepPart[]> {
  const { data, machine, registryKeys, service } = opened;
  const { deps } = service;
  const disk = surviveFullDisk(data.path, service.reopenStore, deps.log);
  await disk.keepReserve();
  await keepAccessToken(service, data.at("access-token"));
  const appDeps: AppDeps = {
    service: deps,
    registryTokens: (request) =>
      issueRegistryToken(request, (hash) => grantOfToken(deps, hash), deps.now(), registryKeys),
    mayReadPages: (request) => isSignedIn(deps, request),
  };
  const gitHost = await createGitHost(gitHostOptions(service, data));
  const hosts = [machine.registryHost, machine.gatewayAddress];
  const { port, registryPort } = data.config;
  const main = door(gitHost, getRequestListener(createApp(appDeps).fetch), hosts);
  const workload = door(gitHost, getRequestListener(createWorkloadApp(appDeps).fetch), hosts);
  servers.push(await listen(main, "127.0.0.1", port));
  servers.push(await listen(workload, machine.gatewayAddress, port));
  const keepRegistry = () =>
    startRegistryFront({
      directory: data.at("registry"),
      registryBinary: machine.registryBinary,
      host: machine.registryHost,
      port: registryPort,
      addresses: ["127.0.0.1", machine.gatewayAddress],
      serviceUrl: `http://127.0.0.1:${port}`,
      keys: registryKeys,
    });
  const closeMetadata = keepMetadataClosed(
    machine,
    await followSettings(opened.settings.config, () => undefined),
    deps.log,
  );
  await Promise.all([keepRegistry(), closeMetadata()]);
  await data.keepConfig();
  await writeFile(data.at("service.pid"), `${process.pid}\n`, { mode: 0o600 });
  await sweepStrayEnvironments(deps);
  await sweepLostPushes(service, data);
  await sweep(deps, { includeYoung: true });
  return oneMachineTimetable({
    keepDiskReserve: disk.keepReserve,
    keepRegistry,
    keepMetadataClosed: closeMetadata,
    blobs: data.at("blobs"),
  });
}

/** The token with which this machine's owner uses the API and pushes; in a file only the owner reads. */
async function keepAccessToken(service: LocalService, file: string): Promise<void> {
  const known = (await readFile(file, "utf8").catch(() => "")).trim();
  const token = known === "" ? randomBytes(32).toString("base64url") : known;
  if (known === "") await writeFile(file, `${token}\n`, { mode: 0o600 });
  const { deps } = service;
  if (!(await authorizeAccess(deps, token))) {
    await deps.store.tokens.put(deps.hash(token), {
      kind: "access",
      name: `owner since ${isoNow(deps)}`,
    });
  }
}

async function readVersion(): Promise<string> {
  const text = await readFile(inPackage("package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null && "version" in parsed
    ? String(parsed.version)
    : "";
}
