import { expect } from "vitest";
import { handleBatch } from "#functions/work/handle-batch.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { Message } from "#queue/queue.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { handleMessage } from "#service/handle-message.ts";
import { exchangeTicket } from "#service/runner-api/exchange-ticket.ts";
import { requestJob } from "#service/runner-api/request-job.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import { runSweep } from "#service/sweep/run-sweep.ts";
import { pipelineOf } from "../service/driver.ts";
import { makeWorld, project, type World } from "../service/world.ts";
import { type Mortal, mortal } from "./killed.ts";
import { sqsRecord } from "./lambda-events.ts";

type Stage = {
  readonly world: World;
  readonly service: Mortal;
  /** What SQS holds; a message is gone when its handler has returned. */
  readonly queue: Message[];
  /** Milliseconds by which the service's clock is ahead. */
  readonly clock: { ahead: number };
};

/**
 * Pushes once undisturbed, then again and again, each time letting `step` effects more happen: a function is killed
 * right after the last of them, whoever had asked it asks again, and in the end all must be as if nothing had
 * happened. Done when a push ends before its turn to be killed: how many effects one takes depends on the minute,
 * as the sweep does.
 */
export async function killAfterEffects(step: number): Promise<void> {
  const world = await makeWorld();
  try {
    world.files.set(".gitlab-ci.yml", "build: {script: [make]}\n");
    const queue: Message[] = [];
    const clock = { ahead: 0 };
    const service = mortal({
      ...world.deps,
      now: () => Date.now() + clock.ahead,
      queue: { send: async (message) => void queue.push(message) },
    });
    const stage = { world, service, queue, clock };
    const id = await pushAndBuild(stage, "undisturbed");
    await expectWhole(stage, "undisturbed", id);
    let survived = 0;
    for (let deaths = -1; deaths < service.deaths(); survived += step) {
      deaths = service.deaths();
      const ref = `killed-after-${survived}`;
      service.dieAfter(survived);
      const pipelineId = await pushAndBuild(stage, ref);
      service.dieAfter(undefined);
      await expectWhole(stage, ref, pipelineId);
    }
    expect(survived).toBeGreaterThan(50);
  } finally {
    await world.close();
  }
}

/** One pipeline, its job done once, by at most one environment more than was needed, and the forge knows. */
async function expectWhole({ world }: Stage, ref: string, id: number): Promise<void> {
  const all = await world.deps.store.pipelines.list({ project, ref, limit: 5 });
  expect(all.map((each) => [each.ref, each.id, each.status])).toEqual([[ref, id, "success"]]);
  const { jobs } = await pipelineOf(world, id);
  expect(jobs.filter(({ status }) => status === "success")).toHaveLength(1);
  expect(world.statuses.findLast((status) => status.ref === ref)?.state).toBe("success");
  const environments = world.started.filter(({ pipelineId }) => pipelineId === id);
  expect(environments.length).toBeLessThanOrEqual(2);
}

/** Whoever asked tries again, and this time the function lives. */
async function persist<T>(service: Mortal, work: () => Promise<T>): Promise<T> {
  const first = await service.run(work);
  if (first !== "killed") return first;
  service.dieAfter(undefined);
  return work();
}

/** One message after another, until none is left. */
async function work({ service, queue }: Stage): Promise<void> {
  for (let message = queue[0]; message !== undefined; message = queue[0]) {
    const record = sqsRecord({ id: "1", group: "g", body: JSON.stringify(message) });
    const { batchItemFailures } = await persist(service, () =>
      handleBatch(
        {
          handle: (each) => handleMessage(service.deps, each),
          comeBack: async () => undefined,
          remainingMilliseconds: () => 60_000,
          log: () => undefined,
        },
        [record],
      ),
    );
    expect(batchItemFailures).toEqual([]);
    queue.splice(queue.indexOf(message), 1);
  }
}

/** A runner as it is: it asks again when nobody answered, and leaves where it is refused. */
async function runEnvironment(stage: Stage, id: string, ticket: string): Promise<void> {
  const { world, service, clock } = stage;
  const exchange = await persist(service, () => exchangeTicket(service.deps, ticket));
  if (exchange !== "refused") {
    let answer = await service.run(() => requestJob(service.deps, exchange.token, []));
    if (answer === "killed") {
      service.dieAfter(undefined);
      clock.ahead += 10_000;
      answer = await requestJob(service.deps, exchange.token, []);
    }
    if (answer.answer === "job") {
      const { id: jobId, token } = answer.job;
      await persist(service, () => updateJob(service.deps, jobId, token, { state: "success" }));
    }
  }
  world.observations.set(id, { state: "ended" });
}

/** From the push to the end. Gives the pipeline's id. */
async function pushAndBuild(stage: Stage, ref: string): Promise<number> {
  const { world, service, clock } = stage;
  const webhook = world.webhook({ ref: `refs/heads/${ref}`, id: ref });
  const { status } = await persist(service, () =>
    // Signed by the real clock.
    receiveWebhook({ ...service.deps, now: Date.now }, { forge: "local", project }, webhook),
  );
  expect(status).toBeLessThan(300);
  const ran = new Set<string>();
  for (let round = 0; round < 10; round++) {
    await work(stage);
    const [newest] = await world.deps.store.pipelines.list({ project, ref, limit: 1 });
    const id = newest?.id ?? 0;
    const open = await world.deps.store.pipelines.listOpen();
    if (newest !== undefined && isCompleted(newest.status) && !open.includes(id)) return id;
    for (const { id: environment, ticket, pipelineId } of world.started) {
      if (pipelineId !== id || ran.has(environment)) continue;
      ran.add(environment);
      await runEnvironment(stage, environment, ticket);
    }
    clock.ahead += 60_000;
    await persist(service, () => runSweep(service.deps, Number.MAX_SAFE_INTEGER));
  }
  throw new Error(`${ref} is not done after ten minutes`);
}
