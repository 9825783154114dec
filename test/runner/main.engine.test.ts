import { chownSync, statSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import type { JobArtifacts, JobResponse } from "#runner/protocol.ts";
import {
  bridge,
  DOCKER_HOST,
  ENGINE_IMAGE,
  remainsOf,
  requireImages,
} from "../engine/real-engine.ts";
import { aJob } from "./support/jobs.ts";
import { useProgram } from "./support/program.ts";
import { finished } from "./support/run.ts";

await requireImages("busybox:latest", ENGINE_IMAGE);

const { git, service, directory, start } = useProgram(async () => (await bridge()).gateway);

describe("a runner that is killed in the middle of a job", () => {
  test("has its containers removed by the next one of its environment", async () => {
    const env = {
      SLIPWAY_EXECUTOR: "docker-socket",
      SLIPWAY_HELPER_IMAGE: ENGINE_IMAGE,
      DOCKER_HOST,
      SLIPWAY_ENVIRONMENT_ID: `test-kill-${process.pid}`,
    };
    const job = aJob(git(), { script: ["echo started", "sleep 60"] });
    service().queue.push(job);
    const first = start(env);
    await vi.waitFor(() => expect(finished(service(), job).log).toContain("started\n"), 20_000);
    first.child.kill("SIGKILL");
    await first.exit;
    // Its container, its builds and its cache at least; a helper ends with its runner.
    const left = await remainsOf(env.SLIPWAY_ENVIRONMENT_ID);
    expect(left).toContain(`slipway-${env.SLIPWAY_ENVIRONMENT_ID}-builds-0`);
    expect(left.length).toBeGreaterThanOrEqual(3);
    const next = aJob(git());
    service().queue.push(next);
    expect(await start(env).exit).toBe(0);
    expect(finished(service(), next).verdict).toMatchObject({ state: "success" });
    expect(await remainsOf(env.SLIPWAY_ENVIRONMENT_ID)).toEqual([]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("a runner that is not root", () => {
  async function runAsUser(jobs: readonly JobResponse[]): Promise<void> {
    const { gid } = statSync("/var/run/docker.sock");
    const user = { uid: 65_534, gid };
    chownSync(directory(), user.uid, gid);
    service().queue.push(...jobs);
    const env = {
      SLIPWAY_EXECUTOR: "docker-socket",
      SLIPWAY_HELPER_IMAGE: ENGINE_IMAGE,
      DOCKER_HOST,
      SLIPWAY_ENVIRONMENT_ID: `test-user-${process.pid}`,
    };
    expect(await start({ ...env, HOME: directory() }, user).exit).toBe(0);
    for (const job of jobs) {
      expect(finished(service(), job).verdict).toMatchObject({ state: "success" });
    }
  }
  const script = ["mkdir -p left/deep", "echo x > left/deep/file", "chmod 700 left", "ls"];

  test("can use a checkout again in which a container's root left files", async () => {
    const next = aJob(git(), { script: ["test ! -e left", "cat hello.txt"] });
    await runAsUser([aJob(git(), { script }), next]);
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
    const job = aJob(git(), { script, artifacts: [artifacts] });
    await runAsUser([job]);
    const zip = service().files.get(`${job.id}/archive`);
    expect(zip?.includes("left/deep/file")).toBe(true);
  });
});
