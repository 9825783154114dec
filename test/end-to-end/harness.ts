import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { addRemote } from "#cli/commands/init.ts";
import { isRunning } from "#local/setup/detached.ts";
import { findMachine, type Machine } from "#local/setup/machine.ts";
import { stopService } from "#local/up/detached-service.ts";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";

export const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

export type Slipway = {
  readonly data: string;
  readonly port: number;
  readonly token: () => string;
  readonly registryHost: string;
  readonly machine: Machine;
  /** Kills the service process alone, as the kernel would. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly configure: (yaml: string) => void;
  readonly api: <T>(path: string, init?: RequestInit) => Promise<T>;
};

type Ports = { readonly port: number; readonly release: () => void };

/**
 * Two ports side by side, of the range whose registries the machine's engine lets BuildKit use without TLS. They are
 * kept also while the service is down, from tests in other processes too.
 */
export async function reservePorts(): Promise<Ports> {
  for (let port = 4500; port < 4578; port += 2) {
    const mark = join(tmpdir(), `slipway-e2e-port-${port}`);
    if (!reserve(mark)) continue;
    const free = await Promise.all([isFree(port), isFree(port + 1)]);
    const release = () => rmSync(mark, { force: true });
    if (free.every(Boolean)) return { port, release };
    release();
  }
  throw new Error("There is no pair of free ports between 4500 and 4578.");
}

/** For this process, unless another one that is still there has it. */
function reserve(mark: string): boolean {
  try {
    if (existsSync(mark) && !isRunning(Number(readFileSync(mark, "utf8")))) rmSync(mark);
    writeFileSync(mark, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "0.0.0.0", () => server.close(() => done(true)));
  });
}

/** A whole service of its own: data directory, ports, registry, environments. */
export async function startSlipway(
  settings: string,
  data: string = mkdtempSync(join(tmpdir(), "slipway-e2e-")),
): Promise<Slipway> {
  mkdirSync(data, { recursive: true });
  const config = join(data, "slipway.yaml");
  writeFileSync(config, settings);
  const { port, release } = await reservePorts();
  const machine = await findMachine();
  let child: ChildProcess | undefined;

  const token = (): string => readFileSync(join(data, "access-token"), "utf8").trim();
  const api = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/slipway${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token()}` },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const start = async (): Promise<void> => {
    const log = join(data, "service.log");
    child = spawn(
      process.execPath,
      [
        join(root, "cli/slipway.js"),
        "up",
        "--data",
        data,
        "--config",
        config,
        "--port",
        String(port),
      ],
      { stdio: ["ignore", "pipe", "pipe"], cwd: root },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (bytes: Buffer) => writeFileSync(log, bytes, { flag: "a" }));
    }
    for (let tries = 0; tries < 1200; tries++) {
      if (child.exitCode !== null) break;
      // Written once all doors are open, the registry's among them.
      if (readIfThere(join(data, "service.pid")).trim() === String(child.pid)) return;
      await sleep(50);
    }
    throw new Error(`The service did not start:\n${readIfThere(log)}`);
  };
  const ended = async (signal: NodeJS.Signals): Promise<void> => {
    const process = child;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const closed = new Promise((done) => process.once("exit", done));
    process.kill(signal);
    await closed;
  };
  await start();
  return {
    data,
    port,
    token,
    registryHost: `${machine.registryHost}:${port + 1}`,
    machine,
    kill: () => ended("SIGKILL"),
    start,
    stop: async () => {
      await ended("SIGTERM");
      await stopService(data);
      release();
      rmSync(data, { recursive: true, force: true });
    },
    configure: (yaml) => writeFileSync(config, yaml),
    api,
  };
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

export type Repository = {
  readonly directory: string;
  readonly write: (files: Readonly<Record<string, string>>) => void;
  /** Commits everything and pushes; the output is what the pusher saw. */
  readonly push: (options?: {
    branch?: string;
    message?: string;
    pushOptions?: string[];
    tag?: string;
  }) => Promise<{ sha: string; output: string }>;
};

export async function makeRepository(
  slipway: Slipway,
  project: string,
  from?: string,
): Promise<Repository> {
  const directory = mkdtempSync(join(tmpdir(), "slipway-repository-"));
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_GLOBAL: "/dev/null" };
  const git = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(
      "git",
      ["-C", directory, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args],
      { env, maxBuffer: 1e8 },
    );
  await git("init", "-q", "-b", "main");
  if (from !== undefined) cpSync(from, directory, { recursive: true });
  await addRemote(directory, project, slipway.port, join(slipway.data, "access-token"));
  return {
    directory,
    write: (files) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), text);
      }
    },
    push: async ({ branch = "main", message = "A change", pushOptions = [], tag } = {}) => {
      await git("add", "-A");
      await git("commit", "-q", "--allow-empty", "-m", message);
      if (tag !== undefined) await git("tag", tag);
      const refs = tag === undefined ? [`HEAD:refs/heads/${branch}`] : [`refs/tags/${tag}`];
      const options = pushOptions.flatMap((option) => ["-o", option]);
      const { stderr } = await git("push", ...options, "slipway", ...refs);
      const { stdout } = await git("rev-parse", "HEAD");
      return { sha: stdout.trim(), output: stderr };
    },
  };
}

const settled = new Set(["success", "failed", "canceled", "skipped", "manual"]);

/** The pipeline of a commit, once it has come to rest. */
export async function pipelineOf(
  slipway: Slipway,
  project: string,
  sha: string,
  options: { until?: (view: PipelineView) => boolean; seconds?: number } = {},
): Promise<PipelineView> {
  const until = Date.now() + (options.seconds ?? 180) * 1000;
  let id: number | undefined;
  let last: PipelineView | undefined;
  while (Date.now() < until) {
    id ??= await slipway
      .api<PipelineSummaryView[]>(`/pipelines?project=${encodeURIComponent(project)}&limit=50`)
      .then(
        (list) => list.find((pipeline) => pipeline.sha === sha)?.id,
        () => undefined,
      );
    if (id !== undefined) {
      last = await slipway.api<PipelineView>(`/pipelines/${id}`).catch(() => undefined);
      if (last !== undefined && (options.until?.(last) ?? settled.has(last.status))) return last;
    }
    await sleep(150);
  }
  throw new Error(`No verdict for ${project} ${sha} in time: ${JSON.stringify(last, null, 1)}`);
}

export function jobsOf(pipeline: PipelineView): Record<string, JobView> {
  return Object.fromEntries(
    pipeline.stages.flatMap((stage) => stage.jobs.map((job) => [job.name, job])),
  );
}

export async function logOf(slipway: Slipway, jobId: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${slipway.port}/api/slipway/jobs/${jobId}/trace`, {
    headers: { authorization: `Bearer ${slipway.token()}` },
  });
  return response.text();
}

/** Everything that this service's environments left on the machine's engine, by name. */
async function leftOvers(slipway: Slipway): Promise<string[]> {
  const { installation } = JSON.parse(readFileSync(join(slipway.data, "config.json"), "utf8"));
  const env = { ...process.env, DOCKER_HOST: `unix://${slipway.machine.dockerSocket}` };
  const list = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await run(slipway.machine.dockerClient, args, { env });
    return stdout.split("\n").filter((line) => line.includes(installation));
  };
  const label = '{{.Name}} {{.Label "dev.slipway.environment"}}';
  return [
    ...(await list("ps", "-a", "--format", '{{.Names}} {{.Label "dev.slipway.environment"}}')),
    ...(await list("network", "ls", "--format", label)),
    ...(await list("volume", "ls", "--format", label)),
  ];
}

/** What is left once the last environments had a moment to leave by themselves. */
export async function leftInTheEnd(slipway: Slipway): Promise<string[]> {
  for (let tries = 0; tries < 150; tries++) {
    if ((await leftOvers(slipway)).length === 0) return [];
    await sleep(100);
  }
  return leftOvers(slipway);
}
