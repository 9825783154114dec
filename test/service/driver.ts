import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { exchangeTicket } from "#service/runner-api/exchange-ticket.ts";
import { requestJob } from "#service/runner-api/request-job.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import { project, type World } from "./world.ts";

let deliveries = 0;

/** Pushes this configuration as a commit of its own and gives the pipeline's id. */
export async function push(
  world: World,
  configuration: string,
  options: Parameters<World["webhook"]>[0] = {},
): Promise<number> {
  deliveries += 1;
  world.files.set(".gitlab-ci.yml", configuration);
  await receiveWebhook(
    // Signed by the real clock, whatever the test's own says.
    { ...world.deps, now: Date.now },
    { forge: "local", project },
    world.webhook({ id: `push-${deliveries}`, ...options }),
  );
  await world.settle();
  const [newest] = await world.deps.store.pipelines.list({ project, limit: 1 });
  let pipeline = await pipelineOf(world, newest?.id ?? 0);
  while (pipeline.parent !== undefined) {
    pipeline = await pipelineOf(world, pipeline.parent.pipelineId);
  }
  return pipeline.id;
}

export async function pipelineOf(world: World, id: number): Promise<Pipeline> {
  const stored = await world.deps.store.pipelines.get(id);
  if (stored === undefined) throw new Error(`There is no pipeline ${id}.`);
  return stored.value;
}

/** The attempt that counts. */
export async function jobOf(world: World, id: number, name: string): Promise<Job> {
  const found = (await pipelineOf(world, id)).jobs.find((job) => job.name === name && !job.retried);
  if (found === undefined) throw new Error(`Pipeline ${id} has no job ${name}.`);
  return found;
}

export async function statusesOf(world: World, id: number): Promise<Record<string, string>> {
  const { jobs } = await pipelineOf(world, id);
  return Object.fromEntries(
    jobs.filter((job) => !job.retried).map((job) => [job.name, job.status]),
  );
}

/** A second exchange would end the environment. */
const exchanged = new WeakMap<World, Set<string>>();

/** Lets a fresh environment of the pipeline take its next job. */
export async function takeNext(world: World, id: number): Promise<JobResponse> {
  const used = exchanged.get(world) ?? new Set();
  exchanged.set(world, used);
  for (const { ticket, pipelineId } of world.started) {
    if (pipelineId !== id || used.has(ticket)) continue;
    used.add(ticket);
    const exchange = await exchangeTicket(world.deps, ticket);
    if (exchange === "refused") continue;
    await world.settle();
    const answer = await requestJob(world.deps, exchange.token);
    await world.settle();
    if (answer.answer === "job") return answer.job;
  }
  throw new Error(`No environment of pipeline ${id} was given a job.`);
}

export async function finish(
  world: World,
  job: JobResponse,
  state: "success" | "failed" = "success",
): Promise<void> {
  await updateJob(world.deps, job.id, job.token, {
    state,
    ...(state === "failed" ? { failure_reason: "script_failure", exit_code: 1 } : {}),
  });
  await world.settle();
}
