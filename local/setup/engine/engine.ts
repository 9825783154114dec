import { constants } from "node:fs";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { askEngine } from "#engine/ask.ts";
import { machineLacks } from "../capabilities.ts";
import { lastLines, run } from "../command.ts";
import { isRunning, runningFrom, startDetached } from "../detached.ts";
import { REGISTRY_NAME, REGISTRY_PORTS } from "../host-name.ts";
import { SetupProblem } from "../problem.ts";
import { findProgram } from "../programs.ts";
import { RUNTIME_NAME, writeRuntime } from "./engine-runtime.ts";

const DEFAULT_SOCKET = "/var/run/docker.sock";

/** The sockets at which an engine of this machine may answer, the chosen one first. */
export function engineSockets(dockerHost: string | undefined): string[] {
  if (dockerHost?.startsWith("unix://")) {
    return [dockerHost.slice("unix://".length)];
  }
  if (dockerHost) {
    throw new SetupProblem(
      `DOCKER_HOST is ${dockerHost}, but Slipway's jobs need an engine on this machine.`,
      "Unset DOCKER_HOST, or set it to the engine's socket: unix:///var/run/docker.sock",
    );
  }
  const runtimeDirectory = process.env.XDG_RUNTIME_DIR;
  return [
    DEFAULT_SOCKET,
    ...(runtimeDirectory ? [join(runtimeDirectory, "docker.sock")] : []),
    join(homedir(), ".docker", "run", "docker.sock"),
  ];
}

/**
 * The socket of the first engine that answers.
 * @throws SetupProblem where there is an engine that this user may not use.
 */
export async function findEngine(): Promise<string | undefined> {
  for (const socket of engineSockets(process.env.DOCKER_HOST)) {
    if (await engineAnswers(socket)) {
      return socket;
    }
    if (await isForbidden(socket)) {
      throw new SetupProblem(
        `There is a Docker Engine at ${socket}, but this user may not use it.`,
        "sudo usermod -aG docker $USER, then log in again   (a member of that group is as good as root)",
      );
    }
  }
  return undefined;
}

/**
 * Whether an engine answers at this socket. Waits some seconds, because systemd may start the engine only
 * when somebody calls; where nothing listens, the answer is immediate.
 */
async function engineAnswers(socketPath: string): Promise<boolean> {
  try {
    return (await askEngine({ socketPath }, "GET", "/_ping", { timeLimit: 10_000 })).status === 200;
  } catch {
    return false;
  }
}

async function isForbidden(socket: string): Promise<boolean> {
  return access(socket, constants.R_OK | constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "EACCES",
  );
}

/** Files of the engine that set-up started itself. */
export function engineFiles(stateDirectory: string) {
  return {
    config: join(stateDirectory, "engine.json"),
    log: join(stateDirectory, "engine.log"),
    /** Written by dockerd. */
    dockerPid: join(stateDirectory, "engine.docker.pid"),
    pid: join(stateDirectory, "engine.pid"),
  };
}

/**
 * Starts an engine of our own and waits until it answers. Only called when none answers. `mirror` is the
 * base URL of the base images, where Docker Hub is out of reach.
 */
export async function startEngine(
  stateDirectory: string,
  mirror: string | undefined,
): Promise<string> {
  const socket = engineSockets(process.env.DOCKER_HOST)[0] ?? DEFAULT_SOCKET;
  const byHand = `dockerd --storage-driver overlay2 --host unix://${socket}`;
  const dockerd = await findProgram("dockerd");
  if (!dockerd) {
    throw new SetupProblem(
      "No Docker Engine answers, and there is no `dockerd` to start.",
      "Install Docker Engine: https://docs.docker.com/engine/install/",
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupProblem(
      `No Docker Engine answers at ${socket}, and only root may start one.`,
      `sudo systemctl start docker   (or: sudo ${byHand})`,
    );
  }
  if ((await startedBySystemd()) && (await engineAnswers(socket))) {
    return socket;
  }
  const files = engineFiles(stateDirectory);
  const lacking = await machineLacks();
  const runc = (await findProgram("runc")) ?? "runc";
  const runtime =
    lacking.length > 0 ? await writeRuntime(stateDirectory, runc, lacking) : undefined;
  const config = engineConfig({ socket, pidFile: files.dockerPid, runtime, mirror });
  await writeFile(files.config, `${JSON.stringify(config, undefined, 2)}\n`);
  await rm(files.dockerPid, { force: true });
  const pid = await startDetached(dockerd, ["--config-file", files.config], {
    log: files.log,
    pidFile: files.pid,
    env: { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin` },
  });
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (await engineAnswers(socket)) {
      return socket;
    }
    if (!isRunning(pid)) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const log = await readFile(files.log, "utf8").catch(() => "");
  throw new SetupProblem(
    `dockerd was started but does not answer at ${socket}. It said last:\n${lastLines(log)}`,
    `Read ${files.log}, then start an engine by hand: ${byHand}`,
  );
}

/** Where systemd looks after an engine, it is the one to start it: two engines on one machine would clash. */
async function startedBySystemd(): Promise<boolean> {
  const supervised = await access("/run/systemd/system").then(
    () => true,
    () => false,
  );
  return supervised && (await run("systemctl", ["start", "docker.service"])).code === 0;
}

/** The options of the engine that set-up starts (dockerd's daemon.json). */
export function engineConfig(options: {
  readonly socket: string;
  readonly pidFile: string;
  readonly runtime: string | undefined;
  readonly mirror: string | undefined;
}): Record<string, unknown> {
  return {
    hosts: [`unix://${options.socket}`],
    pidfile: options.pidFile,
    "storage-driver": "overlay2",
    // The engine itself trusts plain HTTP wherever a name means 127.0.0.0/8. BuildKit in Docker 20.10
    // trusts it only for names in this list, which it reads once, at the start, and only with the scheme.
    "insecure-registries": REGISTRY_PORTS.map((port) => `http://${REGISTRY_NAME}:${port}`),
    ...(options.mirror ? { "registry-mirrors": [options.mirror] } : {}),
    ...(options.runtime
      ? {
          runtimes: { [RUNTIME_NAME]: { path: options.runtime } },
          "default-runtime": RUNTIME_NAME,
        }
      : {}),
  };
}

/**
 * Tells an engine that set-up started earlier about the mirror, without a restart; says nothing to any
 * other engine. False when it did not know the mirror from its start: BuildKit goes on without it.
 */
export async function useMirror(stateDirectory: string, mirror: string): Promise<boolean> {
  const files = engineFiles(stateDirectory);
  const pid = await runningFrom(files.pid, files.config);
  if (pid === undefined) {
    return true;
  }
  const config: Record<string, unknown> = JSON.parse(await readFile(files.config, "utf8"));
  if (JSON.stringify(config["registry-mirrors"]) === JSON.stringify([mirror])) {
    return true;
  }
  config["registry-mirrors"] = [mirror];
  await writeFile(files.config, `${JSON.stringify(config, undefined, 2)}\n`);
  process.kill(pid, "SIGHUP");
  return false;
}
