import type { CreateOutcome } from "./create-pipeline.ts";
import type { ServiceDeps } from "./deps.ts";
import { type BuildableEvent, refNameOf } from "./facts.ts";
import { pipelineUrl } from "./keys.ts";

/**
 * What came of a push that was handled before, however it became known: the ref is known to be where the push left
 * it, or the sweep found the very commit of the ref's newest pipeline. So a webhook that is later than the sweep,
 * or that a forge sends to try whether we answer, makes no second pipeline.
 */
export async function handledBefore(
  deps: Pick<ServiceDeps, "store">,
  forge: string,
  event: Exclude<BuildableEvent, { kind: "merge_request" }>,
): Promise<CreateOutcome | undefined> {
  const seen = await deps.store.projects.seenRef(forge, event.project.path, event.ref);
  const isSeen = seen === event.sha;
  if (!isSeen && event.found !== true) return undefined;
  const [newest] = await deps.store.pipelines.list({
    project: event.project.path,
    ref: refNameOf(event),
    limit: 1,
  });
  if (newest?.sha === event.sha && newest.forge === forge) {
    const { value } = (await deps.store.pipelines.get(newest.id)) ?? {};
    if (value !== undefined && value.facts.ref.kind === (event.kind === "tag" ? "tag" : "branch")) {
      const url = pipelineUrl(value.facts, value.id);
      return { result: "created", pipelineId: value.id, url, status: value.status };
    }
  }
  return isSeen && event.found === true
    ? { result: "nothing", why: `${event.ref} at ${event.sha} was handled before` }
    : undefined;
}
