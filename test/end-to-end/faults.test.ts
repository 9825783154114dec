import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Requirement } from "#local/setup/requirement.ts";
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
import { tagsOf } from "./registry.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway(
    `defaults:\n  executor: docker-socket\nprojects:\n${["killed", "memory"].map((name) => `  faults/${name}: { executor: docker-in-docker }\n`).join("")}`,
  );
});
afterAll(async () => {
  expect(await leftInTheEnd(slipway)).toEqual([]);
  await slipway.stop();
});

/** Pushes a pipeline of one job called `job`. */
async function pushJob(project: string, job: string): Promise<string> {
  const repository = await makeRepository(slipway, project);
  const text = job.trim().replace(/^/gm, "  ");
  repository.write({ ".gitlab-ci.yml": `job:\n${text}\n` });
  return (await repository.push()).sha;
}

/** Resolves once the job has said it, in its newest attempt. */
async function untilSaid(project: string, sha: string, text: string): Promise<PipelineView> {
  let view: PipelineView | undefined;
  for (let tries = 0; tries < 600; tries++) {
    view = await pipelineOf(slipway, project, sha, {
      until: (one) => jobsOf(one).job?.status === "running",
    });
    if ((await logOf(slipway, jobsOf(view).job?.id ?? 0)).includes(`\n${text}`)) return view;
    await sleep(50);
  }
  throw new Error(`The job never said "${text}": ${JSON.stringify(view)}`);
}

async function docker(...args: string[]): Promise<string> {
  const { machine } = slipway;
  const env = { ...process.env, DOCKER_HOST: `unix://${machine.dockerSocket}` };
  return (await run(machine.dockerClient, args, { env })).stdout.trim();
}

/** The engine container in which the pipeline's newest attempt runs. */
async function engineContainer(): Promise<string> {
  const { installation } = JSON.parse(readFileSync(join(slipway.data, "config.json"), "utf8"));
  const names = await docker("ps", "--format", "{{.Names}}", "--filter", `name=${installation}`);
  return names.split("\n")[0] ?? "";
}

function registryProcesses(): { readonly pid: number; readonly registryPid: number } {
  return JSON.parse(readFileSync(join(slipway.data, "registry/front.json"), "utf8"));
}

async function doctor(): Promise<readonly Requirement[]> {
  const program = resolve(import.meta.dirname, "../../cli/slipway.js");
  const told = run(process.execPath, [program, "doctor", "--json", "--data", slipway.data]);
  const { stdout } = await told.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout);
}

describe("an engine container", () => {
  const wait = (seconds: number) =>
    `image: busybox\nscript:\n  - echo begin\n  - sleep ${seconds}\n`;

  test("that is killed from outside has its job retried, for that reason", async () => {
    const sha = await pushJob("faults/killed", wait(4));
    await untilSaid("faults/killed", sha, "begin");
    await docker("kill", await engineContainer());
    const pipeline = await pipelineOf(slipway, "faults/killed", sha);
    expect(pipeline.status).toBe("success");
    expect(pipeline.retried).toMatchObject([
      { name: "job", status: "failed", failure_reason: "runner_system_failure" },
    ]);
    expect(pipeline.retried[0]?.failure_message).toContain("killed");
  });

  test("whose runner runs out of memory has its job retried, and says so", async () => {
    const sha = await pushJob(
      "faults/memory",
      `image: busybox
script:
  - echo begin
  - sleep 3
  - for i in $(seq 60); do (dd if=/dev/zero bs=8M count=100000 2>/dev/null | sleep 5) & done; sleep 5
`,
    );
    await untilSaid("faults/memory", sha, "begin");
    const name = await engineContainer();
    // Which process has to go is the kernel's choice: the one that is most willing.
    const willing = "for p in $(pgrep -f runner.mjs); do echo 1000 >/proc/$p/oom_score_adj; done";
    await docker("exec", name, "bash", "-c", willing);
    await docker("update", "--memory", "300m", "--memory-swap", "300m", name);
    const pipeline = await pipelineOf(slipway, "faults/memory", sha);
    expect(pipeline.retried).toMatchObject([
      {
        failure_reason: "runner_system_failure",
        failure_message: expect.stringContaining("ran out of its memory"),
      },
    ]);
    expect(pipeline.status).toBe("success");
  });
});

describe("the registry", () => {
  test("that dies in the middle of a push is back before the push gives up", async () => {
    const sha = await pushJob(
      "faults/push",
      `image: docker:stable
script:
  - dd if=/dev/urandom of=big bs=1M count=96
  - printf 'FROM scratch\\nCOPY big /\\n' > Dockerfile
  - docker build -q -t "$CI_REGISTRY_IMAGE:big" .
  - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
  - docker push "$CI_REGISTRY_IMAGE:big"
  - docker rmi "$CI_REGISTRY_IMAGE:big"
  - docker pull "$CI_REGISTRY_IMAGE:big"
  - docker rmi "$CI_REGISTRY_IMAGE:big"
`,
    );
    const uploads = join(
      slipway.data,
      "registry/storage/docker/registry/v2/repositories/faults/push/_uploads",
    );
    while (!existsSync(uploads) || readdirSync(uploads).length === 0) await sleep(2);
    const { registryPid } = registryProcesses();
    process.kill(registryPid, "SIGKILL");
    const pipeline = await pipelineOf(slipway, "faults/push", sha);
    const log = await logOf(slipway, jobsOf(pipeline).job?.id ?? 0);
    expect(pipeline.status, log).toBe("success");
    expect(pipeline.retried).toEqual([]);
    expect(registryProcesses().registryPid).not.toBe(registryPid);
    expect(await tagsOf(slipway, "faults/push")).toEqual(["big"]);
  });

  test("that is gone fails jobs that need an image from it as system failures, and doctor names it", async () => {
    const { pid, registryPid } = registryProcesses();
    process.kill(pid, "SIGKILL");
    process.kill(registryPid, "SIGKILL");
    const image = `${slipway.registryHost}/faults/push:big`;
    const sha = await pushJob("faults/pull", `image: ${image}\nscript: ["true"]\n`);
    const pipeline = await pipelineOf(slipway, "faults/pull", sha);
    expect(jobsOf(pipeline).job).toMatchObject({
      status: "failed",
      failure_reason: "runner_system_failure",
    });
    expect(pipeline.retried).toHaveLength(2);
    const requirements = await doctor();
    expect(requirements.find(({ name }) => name === "Service")?.state).toBe("found");
    expect(requirements.find(({ name }) => name === "Image registry")).toMatchObject({
      state: "missing",
      detail: expect.stringContaining("does not run"),
      howToGet: expect.stringContaining("slipway up"),
    });
    await slipway.kill();
    expect((await doctor()).find(({ name }) => name === "Service")).toMatchObject({
      state: "missing",
      detail: expect.stringContaining("is gone"),
    });
    await slipway.start();
    const states = (await doctor()).filter(({ name }) => /^(Service|Image registry)$/.test(name));
    expect(states.map(({ state }) => state)).toEqual(["found", "found"]);
  });
});
