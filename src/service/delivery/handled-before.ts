import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { isSameProject } from "#pipeline/project-key.ts";
import { type BuildableEvent, historyRefOfEvent } from "../configuration/facts.ts";
import type { Ports } from "../deps.ts";
import { pipelineUrl } from "../page-urls.ts";

type PushEvent = Exclude<BuildableEvent, { kind: "merge_request" }>;

/**
 * What came of a push that was handled before, however it became known: the ref is known to be where the push left
 * it, or the sweep found the very commit of the ref's newest pipeline. So a webhook that is later than the sweep,
 * or that a forge sends to try whether we answer, makes no second pipeline.
 */
export async function handledBefore(
  deps: Pick<Ports, "store" | "forges">,
  forge: string,
  event: PushEvent,
): Promise<CreateOutcome | undefined> {
  const key = { forge, project: event.project.path };
  const seen = await deps.store.projects.seenRef(key, event.ref);
  const isSeen = seen === event.sha;
  if (!isSeen && event.found !== true) return overtaken(deps, forge, event, seen);
  const [newest] = await deps.store.pipelines.list({
    project: event.project.path,
    ref: historyRefOfEvent(event),
    limit: 1,
  });
  if (newest?.sha === event.sha && isSameProject(newest, key)) {
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

/**
 * Of a push that does not begin where the ref was left: nothing, where the forge says that the ref still is there.
 * It is an older one, told late or sent again by somebody under another id, which most forges do not sign; to build
 * it would cancel the newer one's pipeline.
 */
async function overtaken(
  deps: Pick<Ports, "forges">,
  forge: string,
  event: PushEvent,
  seen: string | undefined,
): Promise<CreateOutcome | undefined> {
  if (seen === undefined || seen === event.before || event.unresolved !== undefined)
    return undefined;
  const refs = await deps.forges.get(forge)?.client(event.project.path).listRefs();
  const now = refs?.find(({ ref }) => ref === event.ref)?.sha;
  if (now !== seen) return undefined;
  return { result: "nothing", why: `${event.ref} is at ${seen} by now, which was handled before` };
}
