import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { bundleProgram } from "#local/bundle/program.ts";
import type { JobArtifacts, JobResponse } from "#runner/protocol.ts";
import { DOCKER_HOST, remainsOf, testEngine } from "./support/engine.ts";
import { type FakeService, startFakeService } from "./support/fake-service.ts";
import { type GitHost, startGitHost } from "./support/git-host.ts";
import { aJob } from "./support/jobs.ts";
import { finished } from "./support/run.ts";

const found = await testEngine();
if ("missing" in found) console.log(`runner on an engine: skipped, ${found.missing}`);

let git: GitHost;
let service: FakeService;
let program: string;
let bundles: string;
let directory: string;
let started: ChildProcess[];

beforeAll(async () => {
  git = await startGitHost({ "hello.txt": "hello\n" });
  bundles = mkdtempSync(join(tmpdir(), "slipway-bundle-"));
  program = await bundleProgram("src/runner/main.ts", join(bundles, "runner.mjs"));
  // For the test that runs it as another user.
  chmodSync(bundles, 0o755);
});
afterAll(async () => {
  await git.close();
  rmSync(bundles, { recursive: true, force: true });
});
beforeEach(async () => {
  service = await startFakeService();
  directory = mkdtempSync("/tmp/sw-");
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  await service.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}, user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [program], {
    ...user,
    env: {
      PATH: process.env.PATH,
      SLIPWAY_URL: service.url,
      SLIPWAY_TICKET: "good-ticket",
      SLIPWAY_EXECUTOR: "shell",
      SLIPWAY_ENVIRONMENT_ID: "test-main",
      SLIPWAY_DIRECTORY: directory,
      DOCKER_HOST: "unix:///nonexistent/docker.sock",
      ...env,
    },
    stdio: ["ignore", "inherit", "pipe"],
  });
  started.push(child);
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  const exit = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
  });
  return { child, exit, errors: () => errors };
}

describe("the runner's program", () => {
  test("is one file that takes its jobs and leaves with exit code 0", async () => {
    const job = aJob(git, { script: ["cat hello.txt"] });
    service.queue.push(job);
    const { exit } = start();
    expect(await exit).toBe(0);
    expect(finished(service, job).log).toContain("hello\n");
  });

  test("leaves after the idle time that the service gave it", async () => {
    service.leaveWhenEmpty = false;
    expect(await start().exit).toBe(0);
  });

  test("leaves with exit code 0 when its ticket was used before", async () => {
    expect(await start({ SLIPWAY_TICKET: "used" }).exit).toBe(0);
  });

  test("names the setting that is wrong, and exits with 2", async () => {
    const { exit, errors } = start({ SLIPWAY_EXECUTOR: "docker" });
    expect(await exit).toBe(2);
    expect(errors()).toMatch(/SLIPWAY_EXECUTOR is "docker": it must be docker-in-docker/);
  });

  test("told to end, reports its job as a system failure and exits with 0", async () => {
    const job = aJob(git, { script: ["echo started", "sleep 60"] });
    service.queue.push(job);
    const { child, exit } = start();
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(finished(service, job).verdict).toMatchObject({
      failure_reason: "runner_system_failure",
    });
  });

  test("keeps its job while the service is away, and delivers all when it is back", async () => {
    const job = aJob(git, { script: ["echo started", "sleep 0.5", "echo done"] });
    service.queue.push(job);
    const { exit } = start();
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    service.failNext("", (request) => request.socket.destroy(), 5);
    expect(await exit).toBe(0);
    expect(finished(service, job).log).toContain("done\n");
    expect(finished(service, job).verdict).toMatchObject({ state: "success" });
  });
});

describe.skipIf("missing" in found)("a runner that is killed in the middle of a job", () => {
  test("has its containers removed by the next one of its environment", async () => {
    const engine = "engine" in found ? found.engine : undefined;
    if (engine === undefined) return;
    const env = {
      SLIPWAY_EXECUTOR: "docker-socket",
      DOCKER_HOST,
      SLIPWAY_ENVIRONMENT_ID: `test-kill-${process.pid}`,
    };
    const job = aJob(git, { script: ["echo started", "sleep 60"] });
    service.queue.push(job);
    const first = start(env);
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    first.child.kill("SIGKILL");
    await first.exit;
    expect(await remainsOf(engine, env.SLIPWAY_ENVIRONMENT_ID)).toHaveLength(1);
    const next = aJob(git);
    service.queue.push(next);
    expect(await start(env).exit).toBe(0);
    expect(finished(service, next).verdict).toMatchObject({ state: "success" });
    expect(await remainsOf(engine, env.SLIPWAY_ENVIRONMENT_ID)).toEqual([]);
  });
});

describe.skipIf("missing" in found || process.getuid?.() !== 0)("a runner that is not root", () => {
  async function runAsUser(jobs: readonly JobResponse[]): Promise<void> {
    const { gid } = statSync("/var/run/docker.sock");
    const user = { uid: 65_534, gid };
    chownSync(directory, user.uid, gid);
    service.queue.push(...jobs);
    const env = {
      SLIPWAY_EXECUTOR: "docker-socket",
      DOCKER_HOST,
      SLIPWAY_ENVIRONMENT_ID: `test-user-${process.pid}`,
    };
    expect(await start({ ...env, HOME: directory }, user).exit).toBe(0);
    for (const job of jobs) {
      expect(finished(service, job).verdict).toMatchObject({ state: "success" });
    }
  }
  const script = ["mkdir -p left/deep", "echo x > left/deep/file", "chmod 700 left", "ls"];

  test("can use a checkout again in which a container's root left files", async () => {
    const next = aJob(git, { script: ["test ! -e left", "cat hello.txt"] });
    await runAsUser([aJob(git, { script }), next]);
  });

  test("keeps artifacts that a container's root let nobody else read", async () => {
    const artifacts: JobArtifacts = {
      untracked: false,
      paths: ["left"],
      exclude: [],
      when: "on_success",
      artifact_type: "archive",
      artifact_format: "zip",
    };
    const job = aJob(git, { script, artifacts: [artifacts] });
    await runAsUser([job]);
    const zip = service.files.get(`${job.id}/archive`);
    expect(zip?.includes("left/deep/file")).toBe(true);
  });
});
