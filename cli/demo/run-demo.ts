import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { closedGit, usersGit } from "#git/environment.ts";
import { runGit } from "#git/run.ts";
import { readConfig } from "#local/data/data-directory.ts";
import { inPackage } from "#local/package-root.ts";
import { findMachine } from "#local/setup/machine.ts";
import { startDetached, stopService } from "#local/up/detached-service.ts";
import type { CommitStatusView } from "#service/view/commit-status-view.ts";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { type Client, connect } from "../client.ts";
import { addRemote } from "../commands/init.ts";
import { pipelineText } from "../text.ts";

const run = promisify(execFile);
const sample = inPackage("cli/demo/sample");
const project = "demo/greeting";
const demoPort = 4470;

export type DemoResult = {
  readonly status: string;
  readonly image: string;
  readonly output: string;
  readonly seconds: number;
};

/**
 * The whole road once: service up, a real `git push` of the sample, its pipeline to the end, the released
 * image pulled from the registry and run, the commit statuses.
 */
export async function runDemo(
  options: { readonly data: string; readonly executor: string; readonly keep?: boolean },
  say: (line: string) => void,
): Promise<DemoResult> {
  const began = Date.now();
  const data = resolve(options.data, "demo");
  const work = await mkdtemp(join(tmpdir(), "slipway-demo-"));
  try {
    const settings = join(work, "slipway.yaml");
    await writeFile(settings, `defaults:\n  executor: ${options.executor}\n`);
    const { url } = await startDetached({ data, config: settings, port: demoPort }, say);
    say(
      `\nSlipway is up at ${url} (executor ${options.executor}). Pushing a sample project to it:\n`,
    );
    const repository = join(work, "greeting");
    await prepareRepository(repository, data);
    await push(repository, say);
    const client = await connect({ data });
    const [newest] = await client.get<PipelineSummaryView[]>(
      `/api/slipway/pipelines?project=${project}&limit=1`,
    );
    if (newest === undefined) throw new Error("The push made no pipeline.");
    const pipeline = await client.get<PipelineView>(`/api/slipway/pipelines/${newest.id}`);
    say(pipelineText(pipeline, new Date().toISOString()));
    await tellStatuses(client, pipeline.sha, say);
    const image = await releasedImage(data);
    const output = pipeline.status === "success" ? await pullAndRun(image, data, work, say) : "";
    const seconds = (Date.now() - began) / 1000;
    say(`\n${pipeline.status === "success" ? "Done" : "Failed"} in ${seconds.toFixed(1)} s.`);
    return { status: pipeline.status, image, output, seconds };
  } finally {
    if (options.keep !== true) await stopService(data);
    else say(`The service goes on. End it with: npx slipway down --data ${data}`);
    await rm(work, { recursive: true, force: true });
  }
}

/** A new commit each time, so that there is something to build. */
async function prepareRepository(repository: string, data: string): Promise<void> {
  await cp(sample, repository, { recursive: true });
  await writeFile(join(repository, "script/built-at"), `${new Date().toISOString()}\n`);
  const config = await readConfig(data);
  const author = {
    settings: [
      ["user.name", "Demo"],
      ["user.email", "demo@localhost"],
    ],
  } as const;
  const git = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await runGit(args, { directory: repository, env: closedGit(author) });
    if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}: ${stderr}`);
  };
  await git("init", "-q", "-b", "main");
  await git("add", "-A");
  await git("commit", "-q", "-m", "A greeting, in a container");
  await addRemote(repository, project, config?.port ?? demoPort, join(data, "access-token"));
}

/** Forced: every run of the demo is a history of its own. */
async function push(repository: string, say: (line: string) => void): Promise<void> {
  say("$ git push -o slipway.follow slipway main");
  const child = spawn(
    "git",
    ["-C", repository, "push", "--force", "-o", "slipway.follow", "slipway", "main"],
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: usersGit(),
    },
  );
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) throw new Error(`git push ended with exit code ${code}.`);
}

async function tellStatuses(
  client: Client,
  sha: string,
  say: (line: string) => void,
): Promise<void> {
  const statuses = await client.get<CommitStatusView[]>(`/api/slipway/statuses/${sha}/${project}`);
  say("\nCommit statuses:");
  for (const { context, state, description, ref } of statuses) {
    say(`  ${sha.slice(0, 8)} ${ref}  ${context}: ${state} · ${description}`);
  }
}

async function releasedImage(data: string): Promise<string> {
  const machine = await findMachine();
  const config = await readConfig(data);
  return `${machine.registryHost}:${config?.registryPort}/${project}:latest`;
}

/** From the registry, not from what the build left in the engine. */
async function pullAndRun(
  image: string,
  data: string,
  work: string,
  say: (line: string) => void,
): Promise<string> {
  const machine = await findMachine();
  const token = (await readFile(join(data, "access-token"), "utf8")).trim();
  const env = {
    ...process.env,
    DOCKER_CONFIG: join(work, "docker"),
    DOCKER_HOST: `unix://${machine.dockerSocket}`,
  };
  const docker = (...args: string[]): Promise<{ stdout: string }> =>
    run(machine.dockerClient, args, { env });
  const host = image.slice(0, image.indexOf("/"));
  const login = run(machine.dockerClient, ["login", "-u", "owner", "--password-stdin", host], {
    env,
  });
  login.child.stdin?.end(token);
  await login;
  await docker("rmi", "-f", image).catch(() => undefined);
  say(`\n$ docker pull ${image}`);
  say((await docker("pull", image)).stdout.trim());
  say(`$ docker run --rm ${image}`);
  const { stdout } = await docker("run", "--rm", image);
  say(stdout.trim());
  return stdout.trim();
}
