import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { defined } from "#language/defined.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { type Benchmark, median, type Row } from "./report.ts";
import { fiveJobs } from "./sample-file.ts";

const execute = promisify(execFile);
const rounds = 15;
const slipway = join(import.meta.dirname, "../cli/slipway.js");

/** What is started, and the goal for its whole process. */
const commands: readonly (readonly [args: readonly string[], goal?: string])[] = [
  [["--version"], "≤ 150 ms"],
  [["--help"]],
  [["status", "--data", "."], "≤ 250 ms, its two requests included"],
  [["pipelines", "--data", "."]],
  [["lint"]],
  [["up", "--help"]],
];

const pipeline: PipelineView = {
  id: 7,
  project: "group/app",
  ref: "main",
  sha: "6a1f0a4c7d1c1d0b1e5f4a3b2c1d0e9f8a7b6c5d",
  iid: 7,
  source: "push",
  title: "Greet",
  retried: [],
  environments: [],
  status: "success",
  url: "http://localhost/group/app/-/pipelines/7",
  problems: [],
  created_at: "2026-01-01T00:00:00Z",
  stages: [],
};

/** Answers at once, so that what is measured is the command and not a service. */
async function startService(directory: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isList = request.url?.startsWith("/api/slipway/pipelines?") === true;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(isList ? [pipeline] : pipeline));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  const config = { installation: "bench", port: address.port, registryPort: address.port + 1 };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  await writeFile(join(directory, "access-token"), "bench\n");
  await writeFile(join(directory, ".gitlab-ci.yml"), fiveJobs);
  return server;
}

/** Milliseconds of a whole process, from its start to its end. */
async function timed(args: readonly string[], directory: string): Promise<number> {
  const start = performance.now();
  await execute(process.execPath, args, { cwd: directory });
  return performance.now() - start;
}

async function measure(directory: string): Promise<readonly Row[]> {
  const all = [["-e", "0"], ...commands.map(([args]) => [slipway, ...args])];
  const times: number[][] = all.map(() => []);
  // In turn, so that a slow moment of the machine is everybody's; the first round makes the bundles.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, args] of all.entries()) {
      const time = await timed(args, directory);
      if (round > 0) times[index]?.push(time);
    }
  }
  const [floor = 0, ...own] = times.map(median);
  return commands.map(([args, goal], index) => ({
    name: `slipway ${args.filter((arg) => arg !== "--data" && arg !== ".").join(" ")}`,
    value: own[index] ?? Number.NaN,
    unit: "ms",
    floor: { name: "node -e 0", value: floor },
    ...defined({ goal }),
  }));
}

async function run(): Promise<readonly Row[]> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const server = await startService(directory);
  try {
    return await measure(directory);
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

export const benchmark: Benchmark = { title: "The command line's start, whole processes", run };
