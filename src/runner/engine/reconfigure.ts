import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { engineAddress } from "#engine/address.ts";
import { askEngine } from "#engine/ask.ts";
import type { EngineSettings } from "./parse-flags.ts";

type Engine = {
  readonly dockerHost: string;
  readonly pidFile?: string;
  readonly configFile?: string;
};

/** Settings that a running engine takes over at SIGHUP ("dockerd: configuration reload behavior"). */
const RELOADED = new Set([
  "debug",
  "labels",
  "features",
  "insecure-registries",
  "max-concurrent-downloads",
  "max-concurrent-uploads",
  "max-download-attempts",
  "registry-mirrors",
]);

const RELOAD_PATIENCE_MS = 2_000;
const START_PATIENCE_MS = 20_000;

/**
 * Gives the idle engine of a docker-in-docker environment more settings, by its configuration file:
 * reloaded where that is enough, else restarted with the command line it was started with. Resolves
 * to a warning when the engine went on without them; throws when no engine answers any more.
 */
export async function reconfigureEngine(
  settings: EngineSettings,
  engine: Engine,
): Promise<string | undefined> {
  const configFile = engine.configFile ?? "/etc/docker/daemon.json";
  const names = Object.keys(settings).join(", ");
  const started = await startedEngine(engine.pidFile ?? "/var/run/docker.pid");
  if (started === undefined) {
    return `The service's settings (${names}) are not applied: how the engine was started is not known.`;
  }
  const before = await readFile(configFile, "utf8").catch(() => undefined);
  const write = async (text: string) => {
    await mkdir(dirname(configFile), { recursive: true });
    await writeFile(configFile, text);
  };
  await write(`${JSON.stringify(merged(before, settings), null, 2)}\n`);
  if (Object.keys(settings).every((name) => RELOADED.has(name))) {
    process.kill(started.pid, "SIGHUP");
    if (await until(() => hasMirrors(engine.dockerHost, settings), RELOAD_PATIENCE_MS)) {
      return undefined;
    }
  }
  const { dockerHost } = engine;
  await stopEngine(started.pid);
  if (await startEngine(started.command, dockerHost)) {
    return undefined;
  }
  await write(before ?? "{}\n");
  if (!(await startEngine(started.command, dockerHost))) {
    throw new Error(`The engine does not start again after a try with other settings (${names}).`);
  }
  return `The service's settings (${names}) are not applied: the engine does not start with them.`;
}

function merged(before: string | undefined, settings: EngineSettings): Record<string, unknown> {
  const config: Record<string, unknown> = { ...JSON.parse(before?.trim() || "{}") };
  for (const [name, value] of Object.entries(settings)) {
    const old = config[name];
    config[name] = Array.isArray(value)
      ? [...new Set([...(Array.isArray(old) ? old : []), ...value])]
      : typeof value === "object" && typeof old === "object"
        ? { ...old, ...value }
        : value;
  }
  return config;
}

async function startedEngine(pidFile: string) {
  try {
    const pid = Number((await readFile(pidFile, "utf8")).trim());
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
    return Number.isInteger(pid) && pid > 1 && words.length > 0
      ? { pid, command: words }
      : undefined;
  } catch {
    return undefined;
  }
}

async function stopEngine(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  if (!(await until(async () => !(await isAlive(pid))))) {
    process.kill(pid, "SIGKILL");
    await until(async () => !(await isAlive(pid)));
  }
}

/** A zombie whose parent has not looked yet is gone for our purposes. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

async function startEngine(command: readonly string[], dockerHost: string): Promise<boolean> {
  const [program = "dockerd", ...words] = command;
  const engine = spawn(program, words, { detached: true, stdio: "ignore" });
  let ended = false;
  engine.on("error", () => {
    ended = true;
  });
  engine.on("exit", () => {
    ended = true;
  });
  engine.unref();
  const answered = await until(async () => ended || (await info(dockerHost)) !== undefined);
  return answered && !ended;
}

async function hasMirrors(dockerHost: string, settings: EngineSettings): Promise<boolean> {
  const answer = await info(dockerHost);
  const config = new Set(JSON.stringify(answer?.RegistryConfig ?? {}).match(/[^",[\]{}]+/g));
  const wanted = [settings["registry-mirrors"], settings["insecure-registries"]].flat();
  return (
    answer !== undefined &&
    wanted.every(
      (value) => typeof value !== "string" || config.has(value) || config.has(`${value}/`),
    )
  );
}

async function info(dockerHost: string): Promise<{ RegistryConfig?: unknown } | undefined> {
  try {
    const { request } = engineAddress(dockerHost);
    const { status, text } = await askEngine(request, "GET", "/info", { timeLimit: 2_000 });
    return status === 200 ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

async function until(
  condition: () => Promise<boolean>,
  patienceMs = START_PATIENCE_MS,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (await condition()) {
      return true;
    }
    await sleep(20);
  }
  return false;
}
