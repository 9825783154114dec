import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobResponse } from "#runner/protocol.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { exchangeTicket } from "#service/runner-api/exchange-ticket.ts";
import { requestJob } from "#service/runner-api/request-job.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { makeWorld, project, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(
    ".gitlab-ci.yml",
    "stages: [build, test]\nbuild:\n  stage: build\n  script: [make]\ntest:\n  stage: test\n  script: [make test]\n",
  );
  await receiveWebhook(world.deps, { forge: "local", project }, world.webhook());
  await world.settle();
});
afterEach(() => world.close());

async function pipeline() {
  const [summary] = await world.deps.store.pipelines.list({ project, limit: 1 });
  const stored = await world.deps.store.pipelines.get(summary?.id ?? 0);
  if (stored === undefined) throw new Error("There is no pipeline.");
  return stored.value;
}

/** The newest environment's runner. */
async function runner(): Promise<string> {
  const exchange = await exchangeTicket(world.deps, world.started.at(-1)?.ticket ?? "");
  if (exchange === "refused") throw new Error("The ticket was refused.");
  await world.settle();
  return exchange.token;
}

async function take(token: string): Promise<JobResponse> {
  const answer = await requestJob(world.deps, token);
  if (answer.answer !== "job") throw new Error(`There was no job: ${answer.answer}`);
  await world.settle();
  return answer.job;
}

describe("a ticket", () => {
  test("is good for one exchange", async () => {
    const ticket = world.started[0]?.ticket ?? "";
    expect(await exchangeTicket(world.deps, ticket)).toMatchObject({
      environment_id: world.started[0]?.id,
    });
    expect(await exchangeTicket(world.deps, ticket)).toBe("refused");
  });

  test("offered a second time ends its environment, and whoever has its token gets no job", async () => {
    const { id = "", ticket = "" } = world.started[0] ?? {};
    const first = await exchangeTicket(world.deps, ticket);
    expect(await exchangeTicket(world.deps, ticket)).toBe("refused");
    await world.settle();
    const { environments } = await pipeline();
    expect(environments.find((environment) => environment.id === id)).toMatchObject({
      state: "ended",
      problem: expect.stringContaining("ticket"),
    });
    expect(world.stopped).toContain(id);
    const token = first === "refused" ? "" : first.token;
    expect(await requestJob(world.deps, token)).toEqual({ answer: "gone" });
  });

  test("offered ten times at once is exchanged once", async () => {
    const ticket = world.started[0]?.ticket ?? "";
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => exchangeTicket(world.deps, ticket)),
    );
    expect(answers.filter((answer) => answer !== "refused")).toHaveLength(1);
  });

  test("that was made up is refused", async () => {
    expect(await exchangeTicket(world.deps, "made-up")).toBe("refused");
  });
});

describe("a job", () => {
  test("is given to one of two requests at once", async () => {
    const token = await runner();
    const answers = await Promise.all([
      requestJob(world.deps, token),
      requestJob(world.deps, token),
    ]);
    expect(answers.filter(({ answer }) => answer === "job")).toHaveLength(1);
  });

  test("carries its script, variables and credentials", async () => {
    const job = await take(await runner());
    expect(job.steps[0]?.script).toEqual(["make"]);
    const variables = Object.fromEntries(job.variables.map(({ key, value }) => [key, value]));
    expect(variables).toMatchObject({
      CI_JOB_NAME: "build",
      CI_COMMIT_REF_SLUG: "main",
      CI_REGISTRY_IMAGE: "registry.test/group/app",
      CI_REGISTRY_PASSWORD: job.token,
      CI_JOB_TOKEN: job.token,
      CI_BUILD_TOKEN: job.token,
    });
    expect(job.variables.find(({ key }) => key === "CI_JOB_TOKEN")?.masked).toBe(true);
  });

  test("gets its registry password from its build's role where the registry wants that", async () => {
    const { registry } = world.deps;
    Object.assign(world.deps, {
      registry: {
        ...registry,
        jobCredentials: async () => ({
          username: "AWS",
          password: "a-placeholder",
          fromRole: { kind: "ecr", region: "eu-central-1" },
        }),
      },
    });
    const job = await take(await runner());
    expect(job.registry).toEqual({
      kind: "ecr",
      region: "eu-central-1",
      host: "registry.test",
      placeholder: "a-placeholder",
    });
    expect(job.credentials).toMatchObject([{ username: "AWS", password: "a-placeholder" }]);
    const password = job.variables.find(({ key }) => key === "CI_REGISTRY_PASSWORD");
    expect(password).toMatchObject({ value: "a-placeholder", masked: true });
  });

  test("is refused to a token that is none", async () => {
    expect((await requestJob(world.deps, "made-up")).answer).toBe("refused");
  });

  test("that succeeds lets the next stage start; the last one ends the pipeline and its environments", async () => {
    const first = await runner();
    const build = await take(first);
    await updateJob(world.deps, build.id, build.token, { state: "success" });
    await world.settle();
    expect((await requestJob(world.deps, first)).answer).toBe("gone");
    const test = await take(await runner());
    expect(test.job_info.name).toBe("test");
    await updateJob(world.deps, test.id, test.token, { state: "success" });
    await world.settle();
    expect((await pipeline()).status).toBe("success");
    expect(world.statuses.map(({ state }) => state)).toEqual(
      expect.arrayContaining(["running", "success"]),
    );
    expect(world.statuses.at(-1)?.state).toBe("success");
  });

  test("that fails skips what follows and says its exit code in the status", async () => {
    const build = await take(await runner());
    await updateJob(world.deps, build.id, build.token, {
      state: "failed",
      failure_reason: "script_failure",
      exit_code: 7,
    });
    await world.settle();
    const { status, jobs } = await pipeline();
    expect(status).toBe("failed");
    expect(jobs.map((job) => job.status)).toEqual(["failed", "skipped"]);
    expect(world.statuses.at(-1)?.description).toContain("exit code 7");
  });

  test("is not ended a second time, nor by its token after its end", async () => {
    const build = await take(await runner());
    await updateJob(world.deps, build.id, build.token, { state: "success" });
    await world.settle();
    const again = await updateJob(world.deps, build.id, build.token, { state: "failed" });
    expect(again.answer).toBe("forbidden");
    expect((await pipeline()).jobs[0]?.status).toBe("success");
  });

  test("keeps a log in pieces, and says where to go on after a gap", async () => {
    const build = await take(await runner());
    const send = (start: number, text: string) =>
      appendTrace(world.deps, {
        jobId: build.id,
        token: build.token,
        start,
        bytes: new TextEncoder().encode(text),
      });
    expect(await send(0, "hello ")).toMatchObject({ answer: "accepted", length: 6 });
    expect(await send(10, "lost")).toMatchObject({ answer: "range", length: 6 });
    expect(await send(6, "world")).toMatchObject({ answer: "accepted", length: 11 });
    expect((await send(0, "x")).answer).not.toBe("forbidden");
  });

  test("is not ended before its whole log is here", async () => {
    const build = await take(await runner());
    const update = { state: "success", output: { checksum: "crc32:0", bytesize: 5 } } as const;
    expect(await updateJob(world.deps, build.id, build.token, update)).toMatchObject({
      answer: "trace_incomplete",
      length: 0,
    });
    expect((await pipeline()).jobs[0]?.status).toBe("running");
  });

  test("that is canceled tells its runner so", async () => {
    const build = await take(await runner());
    await controlPipeline(world.deps, (await pipeline()).id, { type: "cancel", by: "ada" });
    const answer = await appendTrace(world.deps, {
      jobId: build.id,
      token: build.token,
      start: 0,
      bytes: new Uint8Array(),
    });
    expect(answer).toMatchObject({ status: "canceling" });
    await updateJob(world.deps, build.id, build.token, {
      state: "failed",
      failure_reason: "script_failure",
    });
    await world.settle();
    expect((await pipeline()).status).toBe("canceled");
  });
});

describe("what goes wrong outside", () => {
  test("an environment that dies has its job retried in a new one, and its runner is heard no more", async () => {
    const lost = await take(await runner());
    const died = world.started[0]?.id ?? "";
    world.observations.set(died, { state: "ended", problem: "killed" });
    await sweep(world.deps);
    await world.settle();
    const { jobs } = await pipeline();
    expect(
      jobs.filter((job) => job.name === "build").map((job) => [job.status, job.retried]),
    ).toEqual([
      ["failed", true],
      ["pending", false],
    ]);
    expect(world.started).toHaveLength(2);
    expect(world.stopped).toContain(died);
    const late = { jobId: lost.id, token: lost.token, start: 0, bytes: new Uint8Array(1) };
    expect(await appendTrace(world.deps, late)).toEqual({ answer: "forbidden" });
    expect(await updateJob(world.deps, lost.id, lost.token, { state: "success" })).toEqual({
      answer: "forbidden",
    });
  });

  test("a forge that is away gets its status later, and holds nothing up", async () => {
    world.faults.forgeIsAway = true;
    const told = world.statuses.length;
    const build = await take(await runner());
    await updateJob(world.deps, build.id, build.token, {
      state: "failed",
      failure_reason: "script_failure",
      exit_code: 1,
    });
    await world.settle();
    expect((await pipeline()).status).toBe("failed");
    expect(world.statuses).toHaveLength(told);
    world.faults.forgeIsAway = false;
    world.observations.set(world.started[0]?.id ?? "", { state: "ended" });
    await sweep(world.deps);
    await world.settle();
    // It is left alone for a while.
    expect(world.statuses).toHaveLength(told);
    Object.assign(world.deps, { now: () => Date.now() + 3600_000 });
    await sweep(world.deps);
    await world.settle();
    expect(world.statuses.at(-1)?.state).toBe("failed");
    expect(await world.deps.store.pipelines.listOpen()).not.toContain((await pipeline()).id);
  });
});
