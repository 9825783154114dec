import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { readConfig } from "../data/data-directory.ts";
import { MachineProblem } from "../machine-problem.ts";
import { inPackage } from "../package-root.ts";
import { stopRegistryFront } from "../registry/front.ts";
import { isProcessOf } from "../registry/process.ts";
import type { UpSettings } from "./run-service.ts";

export class ServiceDidNotStart extends MachineProblem {
  override readonly name = "ServiceDidNotStart";
}

export class ServiceDidNotStop extends MachineProblem {
  override readonly name = "ServiceDidNotStop";
}

const startMilliseconds = 30_000;
const stopMilliseconds = 15_000;
/** Stand in the command line of every service. */
const serviceMarks = ["slipway", " up"];
const program = inPackage("cli/slipway.js");

/** Starts the service in a session of its own, and waits until it answers. Finds one that runs already. */
export async function startDetached(
  settings: UpSettings,
  say: (line: string) => void,
): Promise<{ readonly pid: number; readonly url: string }> {
  const running = await runningService(settings.data);
  if (running !== undefined) {
    say(`Slipway is up already (process ${running.pid}).`);
    return running;
  }
  await mkdir(settings.data, { recursive: true, mode: 0o700 });
  const logFile = join(settings.data, "service.log");
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(
    process.execPath,
    [
      program,
      "up",
      "--data",
      resolve(settings.data),
      "--config",
      resolve(settings.config),
      ...(settings.port === undefined ? [] : ["--port", String(settings.port)]),
    ],
    { detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  child.unref();
  const until = Date.now() + startMilliseconds;
  while (Date.now() < until) {
    if (child.exitCode !== null) break;
    const up = await runningService(settings.data);
    if (up !== undefined) return up;
    await sleep(50);
  }
  child.kill();
  const lines = (await readFile(logFile, "utf8")).trimEnd().split("\n").slice(-15).join("\n");
  throw new ServiceDidNotStart(`The service did not start. The end of ${logFile}:\n${lines}`);
}

/** The service of a data directory, if it answers. */
export async function runningService(
  directory: string,
): Promise<{ readonly pid: number; readonly url: string } | undefined> {
  const config = await readConfig(directory);
  const pid = Number(await readFile(join(directory, "service.pid"), "utf8").catch(() => ""));
  if (config === undefined || !(pid > 0) || !(await isProcessOf(pid, serviceMarks))) {
    return undefined;
  }
  const token = await readFile(join(directory, "access-token"), "utf8").catch(() => "");
  const response = await fetch(`http://127.0.0.1:${config.port}/api/slipway/health`, {
    headers: { authorization: `Bearer ${token.trim()}` },
    signal: AbortSignal.timeout(2_000),
  }).catch(() => undefined);
  if (response?.ok !== true) return undefined;
  const health = z.object({ url: z.string() }).parse(await response.json());
  return { pid, url: health.url };
}

/** Ends the service and its registry; jobs that run go on in their environments, and the next start finds them. */
export async function stopService(directory: string): Promise<boolean> {
  const pidFile = join(directory, "service.pid");
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  // The id in the file of a service that was killed may be another program's by now.
  const alive = pid > 0 && (await isProcessOf(pid, serviceMarks));
  if (alive) {
    process.kill(pid, "SIGTERM");
    const until = Date.now() + stopMilliseconds;
    while (await isProcessOf(pid, serviceMarks)) {
      if (Date.now() > until) {
        throw new ServiceDidNotStop(
          `The service (process ${pid}) does not end. See ${join(directory, "service.log")}, or end it with \`kill -9 ${pid}\`: nothing is lost.`,
        );
      }
      await sleep(50);
    }
  }
  await rm(pidFile, { force: true });
  const registry = await stopRegistryFront(join(directory, "registry"));
  return alive || registry;
}
