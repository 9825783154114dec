import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { isSameProject } from "#pipeline/project-key.ts";
import { type BuildableEvent, historyRefOfEvent } from "../configuration/facts.ts";
import type { Ports } from "../deps.ts";
import { pipelineUrl } from "../page-urls.ts";

type PushEvent = Exclude<BuildableEvent, { kind: "merge_request" }>;

/**
 * Returns the outcome of a push that was handled before: the ref was last seen at this commit, or the sweep found the
 * commit of the ref's newest pipeline. So a webhook that arrives after the sweep, or that a forge sends as a test,
 * creates no second pipeline.
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
 * A push that does not begin at the ref's last seen commit is ignored if the forge says that the ref has not moved.
 * Such a push is older: it arrived late, or somebody sent it again under another id, which most forges do not sign. If
 * it were built, it would cancel the pipeline of the newer push.
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
