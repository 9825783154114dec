import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Settings } from "#runner/settings.ts";
import {
  bridge,
  DOCKER_HOST,
  ENGINE_IMAGE,
  remainsOf,
  requireImages,
} from "../../engine/real-engine.ts";
import { type FakeService, startFakeService } from "../support/fake-service.ts";
import { type GitHost, startGitHost } from "../support/git-host.ts";
import { aJob } from "../support/jobs.ts";
import { finished, removeDirectory, runJobs, testSettings } from "../support/run.ts";

await requireImages("busybox:latest", ENGINE_IMAGE);

let git: GitHost;
let service: FakeService;
let settings: Settings;

beforeAll(async () => {
  git = await startGitHost({ "hello.txt": "hello\n" }, (await bridge()).gateway);
});
afterAll(() => git.close());
beforeEach(async () => {
  service = await startFakeService();
  settings = testSettings(service, { dockerHost: "unix:///nonexistent/docker.sock" });
});
afterEach(async () => {
  await service.close();
  removeDirectory(settings);
});

describe("a disk that is full", () => {
  const mounts: string[] = [];
  afterEach(() => {
    for (const path of mounts.splice(0)) execFileSync("umount", ["-l", path]);
  });

  function smallDisk(): string | undefined {
    const path = mkdtempSync("/tmp/sw-");
    mkdirSync(join(path, "disk"));
    const disk = join(path, "disk");
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "slipway-test", disk]);
    if (mounted.status !== 0) return undefined;
    mounts.push(disk);
    return disk;
  }

  test("by a job's script fails it as a system failure that says so, with its whole log", async ({
    skip,
  }) => {
    const disk = smallDisk();
    if (disk === undefined) return skip("a small disk cannot be mounted here");
    const script = ["echo before", "head -c 50000000 /dev/zero > big", "echo never"];
    const job = aJob(git, { script });
    const [result] = await runJobs(service, { ...settings, directory: disk }, [job]);
    expect(result?.log).toContain("before\n");
    expect(result?.log).toMatch(/No space left on device/i);
    expect(result?.verdict).toMatchObject({ failure_reason: "runner_system_failure" });
    expect(result?.verdict?.failure_message).toContain("The disk of the environment is full");
  });

  test("before a job begins fails it as a system failure that says so", async ({ skip }) => {
    const disk = smallDisk();
    if (disk === undefined) return skip("a small disk cannot be mounted here");
    spawnSync("sh", [
      "-c",
      `cat /dev/zero > ${disk}/full; mkdir ${disk}/builds ${disk}/cache ${disk}/tmp`,
    ]);
    const [result] = await runJobs(service, { ...settings, directory: disk }, [aJob(git)]);
    expect(result?.verdict).toMatchObject({ failure_reason: "runner_system_failure" });
    expect(result?.verdict?.failure_message).toMatch(/full|No space left/);
  });
});

describe("an engine that goes away in the middle of a job", () => {
  test("fails the job as a system failure, and what is left is removed later", async () => {
    const sockets = new Set<Socket>();
    const socketPath = join(settings.directory, "engine.sock");
    const relay = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect({ path: DOCKER_HOST.slice("unix://".length), allowHalfOpen: true });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from);
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => relay.listen(socketPath, resolve));
    const relayed: Settings = {
      ...settings,
      executor: "docker-socket",
      dockerHost: `unix://${socketPath}`,
    };
    const job = aJob(git, { script: ["echo started", "sleep 60"] });
    const running = runJobs(service, relayed, [job]);
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    relay.close();
    for (const socket of sockets) socket.destroy();
    const [result] = await running;
    expect(result?.verdict).toMatchObject({ failure_reason: "runner_system_failure" });
    expect(result?.verdict?.failure_message).toMatch(/The Docker Engine at .* does not answer/);
    const direct: Settings = { ...relayed, dockerHost: DOCKER_HOST };
    await runJobs(service, direct, []);
    expect(await remainsOf(settings.environmentId)).toEqual([]);
  });
});
