import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exchangeTicket } from "#service/runner-api/exchange-ticket.ts";
import { requestJob } from "#service/runner-api/request-job.ts";
import { jobOf, pipelineOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
let clock: number;
beforeEach(async () => {
  clock = Date.now();
  world = await makeWorld({ now: () => clock });
});
afterEach(() => world.close());

describe("a job whose answer got lost", () => {
  /** The runner of the newest environment, and the job that it was given. */
  async function taken(id: number) {
    const { ticket, id: environmentId } = world.started.at(-1) ?? { ticket: "", id: "" };
    const exchange = await exchangeTicket(world.deps, ticket);
    if (exchange === "refused") throw new Error("The ticket was refused.");
    await world.settle();
    await requestJob(world.deps, exchange.token);
    await world.settle();
    const { jobs } = await pipelineOf(world, id);
    const job = jobs.find((candidate) => candidate.environmentId === environmentId);
    return { token: exchange.token, jobId: job?.id ?? 0 };
  }

  async function ask(token: string, running?: readonly number[]): Promise<void> {
    await requestJob(world.deps, token, running);
    await world.settle();
  }

  test("is run again when its runner asks without it, once the answer must have come", async () => {
    const id = await push(world, "job: {script: [x]}");
    const { token, jobId } = await taken(id);
    clock += 4_000;
    await ask(token, []);
    expect((await jobOf(world, id, "job")).id).toBe(jobId);
    clock += 2_000;
    await ask(token, []);
    const { jobs } = await pipelineOf(world, id);
    expect(jobs.map((job) => [job.status, job.retried, job.failureReason])).toEqual([
      ["failed", true, "runner_system_failure"],
      ["pending", false, undefined],
    ]);
    expect((await takeNext(world, id)).job_info.name).toBe("job");
  });

  test.for<[string, (jobId: number) => readonly number[] | undefined]>([
    ["that its runner knows", (jobId) => [jobId]],
    ["of a runner that does not say what it runs", () => undefined],
  ])("is not a job %s", async ([, running]) => {
    const id = await push(world, "job: {script: [x]}");
    const { token, jobId } = await taken(id);
    clock += 60_000;
    await ask(token, running(jobId));
    expect(await jobOf(world, id, "job")).toMatchObject({ id: jobId, status: "running" });
  });

  test("is not a job of another environment", async () => {
    const id = await push(world, "a: {script: [x]}\nb: {script: [x]}");
    const job = await takeNext(world, id);
    const { token } = await taken(id);
    clock += 60_000;
    await ask(token, []);
    expect(await jobOf(world, id, job.job_info.name)).toMatchObject({ status: "running" });
  });
});
