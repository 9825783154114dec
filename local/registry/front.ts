import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { bundleRegistryFront } from "../bundle/program.ts";
import { MachineProblem } from "../machine-problem.ts";
import {
  frontFiles,
  identityPath,
  identitySchema,
  type RegistryFrontIdentity,
  type RegistryFrontOptions,
  readFrontOptions,
  readFrontProcess,
  writeFrontOptions,
  writeWhole,
} from "./front-options.ts";
import type { RegistryKeys } from "./keys.ts";
import { endProcess, isProcessOf } from "./process.ts";

export type StartRegistryFront = {
  /** Holds the images, the log and what finds the front again. */
  readonly directory: string;
  /** `docker-registry`: CNCF Distribution 2.8 or newer. */
  readonly registryBinary: string;
  /** Name, without port, by which the machine, engine containers and jobs reach it. */
  readonly host: string;
  readonly port: number;
  /** The first has to be there; the others are listened on as soon as they are. */
  readonly addresses: readonly string[];
  readonly serviceUrl: string;
  readonly keys: RegistryKeys;
};

export type RegistryFront = { readonly pid: number; readonly close: () => Promise<void> };

export type RegistryFrontState =
  | { readonly state: "stopped" }
  /** There is a process, but it does not answer on its port. */
  | { readonly state: "unresponsive"; readonly pid: number; readonly log: string }
  | (RegistryFrontIdentity & {
      readonly state: "running";
      readonly pid: number;
      readonly log: string;
    });

/** The registry cannot be served; the message says what to do. */
export class RegistryFrontProblem extends MachineProblem {
  override readonly name = "RegistryFrontProblem";
}

const largestLogBytes = 10_000_000;
const startMilliseconds = 20_000;
/** Stands in the command line of every front, before its directory. */
const mark = "registry-front";

/**
 * Makes sure that the registry is served, by a process that outlives this one, even when this one is
 * killed. One that runs already is kept; with other settings it is started anew.
 */
export async function startRegistryFront(options: StartRegistryFront): Promise<RegistryFront> {
  const directory = resolve(options.directory);
  const files = frontFiles(directory);
  await mkdir(files.storage, { recursive: true, mode: 0o700 });
  const program = await bundleRegistryFront();
  const known = await readFrontOptions(directory);
  const wanted = {
    program: createHash("sha256")
      .update(await readFile(program))
      .digest("hex"),
    registryBinary: options.registryBinary,
    host: options.host,
    port: options.port,
    addresses: [...options.addresses],
    issuer: options.keys.issuer,
    service: options.keys.service,
    certificate: options.keys.certificate,
    uploadSecret: known?.uploadSecret ?? randomBytes(32).toString("hex"),
  };
  const { serviceUrl } = options;
  const close = async () => {
    await stopRegistryFront(directory);
  };
  const state = await registryFrontState(directory);
  if (state.state === "running" && known !== undefined && isSame(known, wanted)) {
    if (known.serviceUrl !== serviceUrl) {
      await writeFrontOptions(directory, { ...known, serviceUrl });
    }
    return { pid: state.pid, close };
  }
  await stopRegistryFront(directory);
  await writeWhole(files.certificate, wanted.certificate);
  await writeFrontOptions(directory, { ...wanted, serviceUrl, instance: randomUUID() });
  return { pid: await startProcess(program, directory, options), close };
}

/** Ends the front and its registry. False when none ran. */
export async function stopRegistryFront(registryDirectory: string): Promise<boolean> {
  const directory = resolve(registryDirectory);
  const found = await readFrontProcess(directory);
  if (found === undefined) return false;
  const ended = await endProcess(found.pid, [mark, directory], 5_000);
  // A front that was killed could not take its registry along.
  const config = frontFiles(directory).config;
  if (found.registryPid !== undefined) await endProcess(found.registryPid, [config], 5_000);
  await rm(frontFiles(directory).process, { force: true });
  return ended;
}

export async function registryFrontState(registryDirectory: string): Promise<RegistryFrontState> {
  const directory = resolve(registryDirectory);
  const [options, found] = await Promise.all([
    readFrontOptions(directory),
    readFrontProcess(directory),
  ]);
  if (options === undefined || found === undefined) return { state: "stopped" };
  if (!(await isProcessOf(found.pid, [mark, directory]))) return { state: "stopped" };
  const { log } = frontFiles(directory);
  const identity = await askIdentity(options);
  return identity?.instance === found.instance
    ? { state: "running", pid: found.pid, log, ...identity }
    : { state: "unresponsive", pid: found.pid, log };
}

async function askIdentity(
  options: RegistryFrontOptions,
): Promise<RegistryFrontIdentity | undefined> {
  const url = `http://${options.addresses[0] ?? "127.0.0.1"}:${options.port}${identityPath}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return identitySchema.parse(await response.json());
  } catch {
    return undefined;
  }
}

/** Everything but the service's address and what is new with every start. */
function isSame(
  known: RegistryFrontOptions,
  wanted: Omit<RegistryFrontOptions, "serviceUrl" | "instance">,
): boolean {
  const { serviceUrl, instance } = known;
  return (
    JSON.stringify(sorted(known)) === JSON.stringify(sorted({ ...wanted, serviceUrl, instance }))
  );
}

function sorted(options: RegistryFrontOptions): readonly (readonly [string, unknown])[] {
  return Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
}

async function startProcess(
  program: string,
  directory: string,
  options: StartRegistryFront,
): Promise<number> {
  const path = frontFiles(directory).log;
  await startLogAnew(path);
  const log = await open(path, "a", 0o600);
  try {
    const child = spawn(process.execPath, ["--enable-source-maps", program, directory], {
      detached: true,
      cwd: directory,
      stdio: ["ignore", log.fd, log.fd, "ipc"],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    const problem = await new Promise<string | undefined>((settle) => {
      const timer = setTimeout(
        () => settle(`it did not start within ${startMilliseconds} ms`),
        startMilliseconds,
      );
      child.once("message", (message) => {
        clearTimeout(timer);
        settle(problemIn(message));
      });
      child.once("error", (error) => settle(error.message));
      child.once("exit", (code) => settle(`it ended with exit code ${code}`));
    });
    if (child.connected) child.disconnect();
    child.unref();
    if (problem !== undefined || child.pid === undefined) {
      throw new RegistryFrontProblem(explain(problem ?? "it has no process", options, path));
    }
    return child.pid;
  } finally {
    await log.close();
  }
}

function problemIn(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null) return "it said something unexpected";
  return "problem" in message ? String(message.problem) : undefined;
}

function explain(problem: string, options: StartRegistryFront, log: string): string {
  return problem.includes("EADDRINUSE")
    ? `Port ${options.port}, meant for the image registry, is taken by another program: stop that one, or choose other ports with --port.`
    : `The image registry could not be started: ${problem}. Its log is ${log}.`;
}

async function startLogAnew(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largestLogBytes) await rename(path, `${path}.1`);
}
