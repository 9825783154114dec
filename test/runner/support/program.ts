import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { bundleProgram } from "#local/bundle/program.ts";
import { type FakeService, startFakeService } from "./fake-service.ts";
import { type GitHost, startGitHost } from "./git-host.ts";

export type StartedProgram = {
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
  /** What it said on standard error so far. */
  readonly errors: () => string;
};

/** The runner as one file, and for each test a service, a directory of its own, and the means to start it. */
export function useProgram(address: () => Promise<string> = async () => "127.0.0.1") {
  let git: GitHost;
  let service: FakeService;
  let program: string;
  let bundles: string;
  let directory: string;
  let started: ChildProcess[];

  beforeAll(async () => {
    git = await startGitHost({ "hello.txt": "hello\n" }, await address());
    bundles = mkdtempSync(join(tmpdir(), "slipway-bundle-"));
    program = await bundleProgram("src/runner/main.ts", join(bundles, "runner.mjs"));
    // For the tests that run it as another user.
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

  function start(
    env: Record<string, string> = {},
    user: { uid?: number; gid?: number } = {},
  ): StartedProgram {
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

  return { git: () => git, service: () => service, directory: () => directory, start };
}
