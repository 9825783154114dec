import { mergeRequestLine } from "#pipeline/line.ts";
import type { ServiceDeps } from "./deps.ts";
import { type BuildableEvent, refNameOf } from "./facts.ts";

/**
 * The id of the event's pipeline: the same for all who tell of the same thing. The key says what the pipeline is
 * for, together with the newest pipeline of the ref or merge request that was for another commit, so that going
 * back to an old commit is a new one. A merge request that is opened again, or marked as ready, has nothing new.
 */
export async function claimPipelineId(
  deps: Pick<ServiceDeps, "store" | "hash">,
  forgeName: string,
  event: BuildableEvent,
): Promise<number> {
  const isRequest = event.kind === "merge_request";
  const recent = await deps.store.pipelines.list({
    project: event.project.path,
    ref: isRequest ? mergeRequestLine(event.mergeRequest.iid) : refNameOf(event),
    limit: 20,
  });
  const previous = recent.find((pipeline) => pipeline.sha !== event.sha);
  const key = [
    forgeName,
    event.project.path,
    event.kind,
    event.ref,
    isRequest ? "" : event.before,
    event.sha,
    previous?.id ?? 0,
    ...(isRequest ? [event.mergeRequest.iid] : []),
  ].join("\n");
  return deps.store.pipelines.claim(deps.hash(key), await deps.store.pipelines.nextId());
}
