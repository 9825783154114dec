import { openSync } from "node:fs";
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "#language/defined.ts";
import { keepRegistry } from "./child.ts";
import { registryConfig } from "./config.ts";
import {
  frontFiles,
  type RegistryFrontOptions,
  readFrontOptions,
  writeFrontProcess,
  writeWhole,
} from "./front-options.ts";
import { createFrontServer, tokenPath } from "./front-server.ts";

const holdMilliseconds = 30_000;

/** Tells the process that started this one, if it still listens. */
function tell(message: { readonly ready: true } | { readonly problem: string }): void {
  if (process.connected) process.send?.(message);
}

async function main(directory: string): Promise<void> {
  const options = await readFrontOptions(directory);
  if (options === undefined) throw new Error(`${frontFiles(directory).options} cannot be read`);
  const { instance } = options;
  const files = frontFiles(directory);
  const listening: string[] = [];
  const servers: Server[] = [];
  const makeServer = () =>
    createFrontServer({
      registryPort: (milliseconds) => registry.ready(milliseconds),
      serviceUrl: async () => (await readFrontOptions(directory))?.serviceUrl ?? options.serviceUrl,
      identity: () => {
        const problem = registry.problem();
        return {
          instance,
          registry: registry.isUp() ? "up" : "down",
          listening,
          ...defined({ problem }),
        };
      },
      holdMilliseconds,
    });
  const [first = "127.0.0.1", ...others] = options.addresses;
  servers.push(await listenOn(makeServer(), first, options.port));
  listening.push(first);
  await writeFrontProcess(directory, { pid: process.pid, instance });

  const registry = keepRegistry({
    prepare: async (port) => {
      await writeWhole(files.config, configFor(directory, options, port));
      return [options.registryBinary, "serve", files.config];
    },
    log: openSync(files.log, "a", 0o600),
    started: (registryPid) =>
      writeFrontProcess(directory, { pid: process.pid, instance, registryPid }),
    say: log,
  });

  async function end(): Promise<void> {
    for (const server of servers) {
      server.close();
      server.closeIdleConnections();
    }
    await registry.stop();
    process.exit(0);
  }
  process.on("SIGTERM", () => void end());
  process.on("SIGHUP", () => {});

  tell({ ready: true });
  await Promise.all(
    others.map(async (address) => {
      servers.push(await listenWhenThere(makeServer(), address, options.port));
      listening.push(address);
    }),
  );
}

function configFor(directory: string, options: RegistryFrontOptions, port: number): string {
  const files = frontFiles(directory);
  return registryConfig({
    storage: files.storage,
    port,
    uploadSecret: options.uploadSecret,
    realm: `http://${options.host}:${options.port}${tokenPath}`,
    service: options.service,
    issuer: options.issuer,
    certificateFile: files.certificate,
  });
}

async function listenOn(server: Server, address: string, port: number): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return server;
}

/** An engine's gateway address is there only while that engine runs. */
async function listenWhenThere(server: Server, address: string, port: number): Promise<Server> {
  for (let said = ""; ; await sleep(1_000)) {
    try {
      return await listenOn(server, address, port);
    } catch (error) {
      if (String(error) !== said) log(`cannot listen on ${address}:${port} yet: ${error}`);
      said = String(error);
    }
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}

try {
  await main(process.argv[2] ?? "");
} catch (error) {
  log(`the registry's front could not start: ${error}`);
  tell({ problem: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
