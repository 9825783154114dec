import type { RefHistoryEntry } from "#store/ref-history-store.ts";
import { type BuildableEvent, historyRefOfEvent } from "../configuration/facts.ts";
import type { Host, Ports } from "../deps.ts";

/**
 * Claims the id of the event's pipeline. All events about the same push get the same id. The key consists of the
 * pipeline's purpose and of the newest pipeline of the ref or merge request for another commit, so that a return to an
 * old commit gets a new pipeline. A merge request that is reopened or marked as ready gets no new one.
 */
export async function claimPipelineId(
  deps: Pick<Ports, "store"> & Pick<Host, "hash">,
  forgeName: string,
  event: BuildableEvent,
): Promise<number> {
  const isRequest = event.kind === "merge_request";
  const project = event.project.path;
  const historyRef = historyRefOfEvent(event);
  const recent = await recentOf(deps, project, historyRef);
  const previous = recent.find((pipeline) => pipeline.sha !== event.sha);
  const key = [
    forgeName,
    project,
    event.kind,
    event.ref,
    isRequest ? "" : event.before,
    event.sha,
    previous?.pipelineId ?? 0,
    ...(isRequest ? [event.mergeRequest.iid] : []),
  ].join("\n");
  const nextId = await deps.store.pipelines.nextId();
  const pipelineId = await deps.store.pipelines.claim(deps.hash(key), nextId);
  await deps.store.refHistories.note(project, historyRef, { pipelineId, sha: event.sha });
  return pipelineId;
}

/** Lists lag behind: they are asked only for what was before the ref's history was kept. */
async function recentOf(
  deps: Pick<Ports, "store">,
  project: string,
  historyRef: string,
): Promise<readonly RefHistoryEntry[]> {
  const noted = await deps.store.refHistories.read(project, historyRef);
  if (noted.length > 0) return noted;
  const listed = await deps.store.pipelines.list({ project, ref: historyRef, limit: 20 });
  return listed.map(({ id, sha }) => ({ pipelineId: id, sha }));
}
