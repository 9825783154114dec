import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { executors } from "#pipeline/pipeline.ts";
import type { Buildspec } from "../buildspec/buildspec.ts";
import { buildspecScript, quoted } from "../buildspec/script.ts";
import { type HostProcess, parseHostProcess } from "./processes.ts";

/** What is kept about an environment of this machine, in `<environments>/<id>/`. Holds no secret. */
export type HostFiles = {
  readonly root: string;
  /** SLIPWAY_DIRECTORY of the runner. */
  readonly work: string;
  readonly script: string;
  /** What the runner and the buildspec's commands printed; not the jobs' logs. */
  readonly output: string;
};

export function hostFiles(environments: string, id: string): HostFiles {
  const root = join(environments, id);
  return {
    root,
    work: join(root, "work"),
    script: join(root, "environment.sh"),
    output: join(root, "output.log"),
  };
}

const Facts = z.object({
  executor: z.enum(executors),
  timeoutSeconds: z.number(),
});
export type HostFacts = z.infer<typeof Facts>;

/** Writes all that a start needs. A script that already runs is not disturbed by a second one. */
export async function writeHostFiles(
  files: HostFiles,
  facts: HostFacts,
  buildspec: Buildspec,
  limitDirectory: string | undefined,
): Promise<void> {
  await mkdir(files.work, { recursive: true, mode: 0o700 });
  await replace(join(files.root, "facts.json"), JSON.stringify(facts));
  await replace(files.script, environmentScript(files.root, buildspec, limitDirectory));
}

/**
 * Of several scripts that were started for one environment exactly one goes on: the one that creates
 * the file `process`. A shell waits for its command before it acts on SIGTERM, so the runner gets
 * the time it needs and its exit status is known.
 */
function environmentScript(
  root: string,
  buildspec: Buildspec,
  limitDirectory: string | undefined,
): string {
  return `trap : TERM
cd ${quoted(root)} || exit
${limitDirectory ? `echo $$ 2>/dev/null >${quoted(join(limitDirectory, "cgroup.procs"))}` : ":"}
read -r slipway_stat </proc/$$/stat
set -- \${slipway_stat##*) }
(set -C; echo "$$ $3 \${20}" >process) 2>/dev/null || exit 0
set --
cd work
${buildspecScript(buildspec)}cd ${quoted(root)} && echo $slipway_status >exit.new && mv exit.new exit
`;
}

export async function readFacts(files: HostFiles): Promise<HostFacts | undefined> {
  const text = await readText(join(files.root, "facts.json"));
  const facts = text === undefined ? undefined : Facts.safeParse(JSON.parse(text));
  return facts?.data;
}

export async function readProcess(files: HostFiles): Promise<HostProcess | undefined> {
  return parseHostProcess((await readText(join(files.root, "process"))) ?? "");
}

/** The exit status of a script that came to its end. */
export async function readExit(files: HostFiles): Promise<number | undefined> {
  const text = await readText(join(files.root, "exit"));
  return text === undefined ? undefined : Number(text);
}

/** Seconds from the start to the script's end, or to now. */
export async function lifetimeSeconds(files: HostFiles, now: number): Promise<number> {
  const began = await modified(files.script);
  const ended = await modified(join(files.root, "exit"));
  return ((ended ?? now) - (began ?? now)) / 1000;
}

/** When a start was last tried, as epoch ms; undefined when never. */
export function modifiedAt(files: HostFiles): Promise<number | undefined> {
  return modified(files.script);
}

export async function lastOutput(files: HostFiles): Promise<string> {
  const text = (await readText(files.output)) ?? "";
  return text.slice(-2_000).trim().split("\n").slice(-3).join("\n").slice(-500);
}

/** Ids of all directories, whatever is in them. */
export async function listHostIds(environments: string): Promise<string[]> {
  const entries = await readdir(environments, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function modified(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

async function replace(path: string, content: string): Promise<void> {
  const next = `${path}.${randomUUID()}`;
  await writeFile(next, content, { mode: 0o600 });
  await rename(next, path);
}
