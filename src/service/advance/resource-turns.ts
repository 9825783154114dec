import type { Command, PipelineEvent } from "#pipeline/event.ts";
import { pipelineIdOfJob } from "#pipeline/jobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { Host, Ports, Waiting } from "../deps.ts";
import { readJob } from "../read-job.ts";
import { applyEvents } from "./apply-events.ts";

/** Most ended holders that one request removes. The next look continues. */
const mostCleared = 50;

/**
 * Requests a job's resource group. A holder that has ended without releasing the group belongs to a process that died,
 * and its closed pipeline is not checked any more. So the waiting job releases the group for it.
 */
export async function acquireResource(
  deps: Pick<Ports, "store" | "queue"> & Pick<Host, "now" | "log"> & Pick<Waiting, "announce">,
  { project }: Pipeline,
  { jobId, resourceGroup }: Extract<Command, { type: "acquire_resource" }>,
): Promise<readonly PipelineEvent[]> {
  const { resources } = deps.store;
  for (let cleared = 0; cleared < mostCleared; cleared++) {
    const turn = await resources.acquire(project, resourceGroup, jobId);
    if (turn === "acquired") return [{ type: "resource_acquired", jobId }];
    const holder = await resources.holder(project, resourceGroup);
    if (holder === undefined) continue;
    if (!(await hasEnded(deps, holder))) return [];
    deps.log("warn", "a resource group was held by a job that has ended", {
      project,
      resourceGroup,
      job: holder,
    });
    await releaseResource(deps, project, resourceGroup, holder);
  }
  return [];
}

/** The job that holds the group now may belong to another pipeline, which gets the event. */
export async function releaseResource(
  deps: Pick<Ports, "store" | "queue"> & Pick<Host, "now" | "log"> & Pick<Waiting, "announce">,
  project: string,
  group: string,
  jobId: number,
): Promise<void> {
  const next = await deps.store.resources.release(project, group, jobId);
  if (next === undefined) return;
  const nextPipelineId = pipelineIdOfJob(next);
  await applyEvents(deps, nextPipelineId, [{ type: "resource_acquired", jobId: next }]);
  await deps.queue.send({ type: "pipeline", pipelineId: nextPipelineId });
}

async function hasEnded(deps: Pick<Ports, "store">, jobId: number): Promise<boolean> {
  const found = await readJob(deps, jobId);
  return found === undefined || isCompleted(found.job.status);
}
