import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleMirror } from "../../bundle/program.ts";
import { lastLines } from "../command.ts";
import { isRunning, runningFrom, startDetached } from "../detached.ts";
import { SetupProblem } from "../problem.ts";

/** Where the machine's read-only mirror of base images listens. */
export const MIRROR_PORT = 4479;

/** Base URL of the mirror for this machine's own engine. */
export const hostMirror = `http://127.0.0.1:${MIRROR_PORT}`;

export interface Mirror {
  /** Base URL for the machine's own engine. */
  readonly onHost: string;
  /** Base URL for engines inside containers. */
  readonly inContainers: string;
}

/** Where the mirror's registry keeps its images. */
export function mirrorRoot(stateDirectory: string): string {
  return join(stateDirectory, "mirror");
}

/**
 * The configuration of a CNCF Distribution that serves what lies in its directory and accepts nothing:
 * no job, and nobody else, can change a base image.
 */
export function mirrorConfig(rootDirectory: string): string {
  const config = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: rootDirectory },
      maintenance: { readonly: { enabled: true }, uploadpurging: { enabled: false } },
    },
    // The process in front of it gives it a free port.
    http: { addr: "127.0.0.1:0", headers: { "X-Slipway": ["base-images"] } },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** The mirror, if it answers on this machine and for containers. */
export async function findMirror(gateway: string): Promise<Mirror | undefined> {
  const mirror = mirrorAt(gateway);
  const answers = await Promise.all([mirrors(mirror.onHost), mirrors(mirror.inContainers)]);
  return answers.every((answer) => answer === "ours") ? mirror : undefined;
}

/**
 * Starts what is missing of the mirror: one door on the loopback address, which engines trust without TLS, and one on
 * the address where containers reach this machine. Neither is open to the network, and nobody can hold either open.
 */
export async function startMirror(
  registry: string,
  stateDirectory: string,
  gateway: string,
): Promise<void> {
  const mirror = mirrorAt(gateway);
  await startMirrorListener(registry, stateDirectory, "host", mirror.onHost);
  await startMirrorListener(registry, stateDirectory, "containers", mirror.inContainers);
}

/** Ends the mirror, if this set-up started one: where Docker Hub answers, its images are the true ones. */
export async function stopMirror(stateDirectory: string): Promise<string | undefined> {
  let stopped = false;
  for (const name of ["host", "containers"] as const) {
    const { config, pidFile } = listenerFiles(stateDirectory, name);
    const pid = await runningFrom(pidFile, config);
    if (pid !== undefined) {
      process.kill(pid, "SIGTERM");
      stopped = true;
    }
  }
  return stopped ? "ended the mirror of base images, because Docker Hub answers" : undefined;
}

function listenerFiles(stateDirectory: string, name: "host" | "containers") {
  return {
    config: join(stateDirectory, `mirror-${name}.json`),
    log: join(stateDirectory, `mirror-${name}.log`),
    pidFile: join(stateDirectory, `mirror-${name}.pid`),
  };
}

function mirrorAt(gateway: string): Mirror {
  return {
    onHost: hostMirror,
    inContainers: `http://${gateway}:${MIRROR_PORT}`,
  };
}

/** Starts the mirror at one address, unless it is there already. */
export async function startMirrorListener(
  registry: string,
  stateDirectory: string,
  name: "host" | "containers",
  url: string,
): Promise<void> {
  const found = await mirrors(url);
  if (found === "ours") {
    return;
  }
  if (found === "foreign") {
    throw new SetupProblem(
      `Another program listens at ${url}, where the mirror of base images belongs.`,
      `See which: ss -ltnp 'sport = :${MIRROR_PORT}'`,
    );
  }
  const { config, log, pidFile } = listenerFiles(stateDirectory, name);
  const root = mirrorRoot(stateDirectory);
  await mkdir(join(root, "docker/registry/v2/repositories"), { recursive: true });
  await writeFile(config, mirrorConfig(root));
  const { hostname, port } = new URL(url);
  const args = [await bundleMirror(), config, registry, hostname, port];
  const pid = await startDetached(process.execPath, args, { log, pidFile });
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && isRunning(pid)) {
    if ((await mirrors(url)) === "ours") {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new SetupProblem(
    `The mirror of base images does not start at ${url}. It said last:\n${lastLines(await readFile(log, "utf8"))}`,
    `Try it by hand: REGISTRY_HTTP_ADDR=127.0.0.1:5000 ${registry} serve ${config}`,
  );
}

async function mirrors(url: string): Promise<"ours" | "foreign" | "absent"> {
  try {
    const response = await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.headers.get("x-slipway") === "base-images" ? "ours" : "foreign";
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const spoke = cause instanceof Error && "code" in cause && !CLOSED.has(String(cause.code));
    return spoke ? "foreign" : "absent";
  }
}

const CLOSED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
