import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  makeRepository,
  pipelineOf,
  run,
  type Slipway,
  startSlipway,
} from "./harness.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway(
    "defaults:\n  executor: docker-socket\nprojects:\n  hostile/shell:\n    executor: shell\n  hostile/engine:\n    executor: docker-in-docker\n  hostile/slow:\n    job_timeout: 3s\n",
  );
}, 60_000);
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  expect(left).toEqual([]);
}, 60_000);

async function runJob(
  project: string,
  yaml: string,
): Promise<{
  pipeline: PipelineView;
  log: string;
  job: ReturnType<typeof jobsOf>[string] | undefined;
}> {
  const repository = await makeRepository(slipway, project);
  repository.write({ ".gitlab-ci.yml": yaml });
  const pipeline = await pipelineOf(slipway, project, (await repository.push()).sha);
  const job = Object.values(jobsOf(pipeline))[0];
  return { pipeline, job, log: await logOf(slipway, job?.id ?? 0) };
}

describe("a job that", () => {
  test("prints 200 MB ends well, its log cut with a word", async () => {
    const { pipeline, job } = await runJob(
      "hostile/loud",
      "loud:\n  image: busybox\n  script:\n    - head -c 200000000 /dev/zero | tr '\\0' x | fold -w 100\n",
    );
    expect(pipeline.status).toBe("success");
    const end = await slipway.api<unknown>("/health");
    expect(end).toMatchObject({ status: "up" });
    const length = await traceLength(job?.id ?? 0);
    expect(length).toBeLessThan(80_000_000);
    expect(await traceTail(job?.id ?? 0, length)).toContain("The job's log is longer than");
  });

  test("forks without end is stopped by its limit and takes nothing along", async () => {
    const { job } = await runJob(
      "hostile/forks",
      "forks:\n  image: busybox\n  timeout: 10s\n  script:\n    - 'bomb() { bomb | bomb & }; bomb; sleep 3; false'\n",
    );
    expect(job?.status).toBe("failed");
    expect(await slipway.api<unknown>("/health")).toMatchObject({ status: "up" });
  });

  // The next ones wait most of the time, and do so side by side.
  test.concurrent.each(["hostile/term", "hostile/shell"])(
    "ignores SIGTERM is canceled all the same (%s)",
    async (project) => {
      const repository = await makeRepository(slipway, project);
      repository.write({
        ".gitlab-ci.yml":
          "deaf:\n  image: busybox\n  script:\n    - trap '' TERM INT HUP\n    - echo deaf now\n    - for i in $(seq 600); do sleep 0.1; done\n",
      });
      const { sha } = await repository.push();
      const running = await pipelineOf(slipway, project, sha, {
        until: (view) => jobsOf(view).deaf?.status === "running",
      });
      const id = jobsOf(running).deaf?.id ?? 0;
      while (!(await logOf(slipway, id)).includes("\ndeaf now"))
        await new Promise((done) => setTimeout(done, 100));
      await slipway.api(`/pipelines/${running.id}/cancel`, { method: "POST" });
      expect((await pipelineOf(slipway, project, sha)).status).toBe("canceled");
    },
  );

  test.concurrent("outlasts its time is ended for that reason", async () => {
    const { job, log } = await runJob(
      "hostile/slow",
      "slow:\n  image: busybox\n  script: ['sleep 60']\n  after_script: ['echo never shown']\n",
    );
    expect(job).toMatchObject({ status: "failed", failure_reason: "job_execution_timeout" });
    expect(log).not.toMatch(/^never shown/m);
  });

  test.concurrent("ends its own engine is retried as a system failure, then failed for that reason", async () => {
    const { pipeline, job } = await runJob(
      "hostile/engine",
      "end:\n  image: docker:stable\n  services: ['docker:dind']\n  script:\n    - docker run --rm --privileged --pid=host busybox killall -9 dockerd containerd || true\n    - sleep 20\n",
    );
    expect(job).toMatchObject({ status: "failed", failure_reason: "runner_system_failure" });
    expect(pipeline.retried).toHaveLength(2);
  });

  test.concurrent("needs an image that does not exist is told so", async () => {
    const { job, log } = await runJob(
      "hostile/image",
      "none:\n  image: slipway-has-no-such-image:1\n  script: ['true']\n",
    );
    expect(job?.status).toBe("failed");
    expect(log).toContain("slipway-has-no-such-image:1");
  });
});

describe("a configuration that", () => {
  const manyJobs = Array.from(
    { length: 10_000 },
    (_, number) => `job${number}: {script: [make]}`,
  ).join("\n");
  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join()}]`).join("\n")}\n`;

  test.each([
    ["has 10,000 jobs", manyJobs],
    ["is a YAML bomb", bomb],
    ["nests without end", `a: ${"[".repeat(50_000)}`],
    ["has a script of 3 MB", `build:\n  script: ["${"x".repeat(3_000_000)}"]\n`],
  ])("%s is a failed pipeline that names the limit", async (_what, yaml) => {
    const project = "hostile/config";
    const repository = await makeRepository(slipway, project);
    repository.write({ ".gitlab-ci.yml": yaml });
    const { sha } = await repository.push({
      branch: `branch-${Math.random().toString(36).slice(2)}`,
      message: yaml.slice(0, 20),
    });
    const pipeline = await pipelineOf(slipway, project, sha);
    expect(pipeline.status).toBe("failed");
    expect(pipeline.problems.join("\n")).toMatch(/limit|at most|more than|too (many|deep|large)/i);
  });

  test("has a script of 1 MB is run", async () => {
    const { pipeline, log } = await runJob(
      "hostile/long",
      `long:\n  image: busybox\n  script:\n    - |\n${Array.from({ length: 9_000 }, () => `      : ${"x".repeat(100)}`).join("\n")}\n      echo reached the end\n`,
    );
    expect(pipeline.status, pipeline.problems.join()).toBe("success");
    expect(log).toContain("reached the end");
  });
});

describe("a full disk", () => {
  test.skipIf(process.getuid?.() !== 0)(
    "fails the job with a reason, and the service goes on",
    async () => {
      const small = mkdtempSync(join(tmpdir(), "slipway-small-"));
      mkdirSync(small, { recursive: true });
      await run("mount", ["-t", "tmpfs", "-o", "size=150m", "tmpfs", small]);
      let crowded: Slipway | undefined;
      try {
        // The files of other jobs are on the engine's disk: `test/runner/executor/docker/helper.test.ts`.
        crowded = await startSlipway("defaults:\n  executor: shell\n", join(small, "data"));
        const repository = await makeRepository(crowded, "hostile/full");
        repository.write({
          ".gitlab-ci.yml": "fill:\n  script: ['dd if=/dev/zero of=big bs=1M count=400']\n",
        });
        const pipeline = await pipelineOf(crowded, "hostile/full", (await repository.push()).sha);
        const job = jobsOf(pipeline).fill;
        expect(pipeline.status).toBe("failed");
        expect(job?.failure_reason).toBe("runner_system_failure");
        expect(await logOf(crowded, job?.id ?? 0)).toContain("No space left on device");
        expect(await crowded.api<unknown>("/health")).toMatchObject({ status: "up" });
      } finally {
        await crowded?.stop();
        await run("umount", ["-l", small]);
      }
    },
  );
});

async function traceLength(jobId: number): Promise<number> {
  const response = await trace(jobId, 0);
  return Number(response.headers.get("x-slipway-length"));
}

async function traceTail(jobId: number, length: number): Promise<string> {
  return (await trace(jobId, length - 2_000)).text();
}

function trace(jobId: number, offset: number): Promise<Response> {
  return fetch(
    `http://127.0.0.1:${slipway.port}/api/slipway/jobs/${jobId}/trace?offset=${offset}`,
    {
      headers: { authorization: `Bearer ${slipway.token()}` },
    },
  );
}
