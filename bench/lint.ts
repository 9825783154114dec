import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPeer, type Peer } from "./peer.ts";
import { type Benchmark, median, type Row } from "./report.ts";
import { fiveJobs } from "./sample-file.ts";

const execute = promisify(execFile);
const rounds = 9;
const slipway = join(import.meta.dirname, "../cli/slipway.js");

type Command = readonly [program: string, ...args: readonly string[]];

/** Milliseconds of a whole process, from its start to its end. */
async function timed([program, ...args]: Command, directory: string): Promise<number> {
  const start = performance.now();
  await execute(program, args, { cwd: directory });
  return performance.now() - start;
}

/** Medians of the commands, run in turn so that a slow moment of the machine is everybody's. */
async function medians(commands: readonly Command[], directory: string): Promise<number[]> {
  const times: number[][] = commands.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, command] of commands.entries()) {
      const time = await timed(command, directory);
      // The first round fills the caches of the disk, and makes Slipway's bundle.
      if (round > 0) times[index]?.push(time);
    }
  }
  return times.map(median);
}

async function makeProject(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const git = (...args: string[]) => execute("git", args, { cwd: directory });
  await writeFile(join(directory, ".gitlab-ci.yml"), fiveJobs);
  await git("init", "-q", "-b", "main");
  await git("remote", "add", "origin", "https://gitlab.example.com/group/project.git");
  await git("add", ".");
  await git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Add CI");
  return directory;
}

async function measure(peer: Peer | string, directory: string): Promise<readonly Row[]> {
  // All by the same Node, which is a newer one than this where the peer needs it.
  const program = typeof peer === "string" ? process.execPath : peer.node;
  const floor: Command = [program, "-e", "0"];
  const lint: Command = [program, slipway, "lint"];
  const list: readonly Command[] =
    typeof peer === "string" ? [] : [[peer.node, peer.program, "--list"]];
  const [node = 0, own = 0, other] = await medians([floor, lint, ...list], directory);
  const rows: Row[] = [
    {
      name: "slipway lint, 5 jobs, whole process",
      value: own,
      unit: "ms",
      floor: { name: "node -e 0", value: node },
    },
  ];
  if (other === undefined) return rows;
  return [
    ...rows,
    {
      name: "gitlab-ci-local --list, the same file",
      value: other,
      unit: "ms",
      floor: { name: "slipway lint", value: own },
      goal: "≥ 4 ×",
    },
  ];
}

async function run(): Promise<readonly Row[]> {
  const peer = await installPeer();
  if (typeof peer === "string") console.log(peer);
  const directory = await makeProject();
  try {
    return await measure(peer, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export const benchmark: Benchmark = { title: "Lint as a whole process", run };
