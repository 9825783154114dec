import * as z from "zod/mini";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { account, forgeProject, repository, userFacts } from "../github-like/payload.ts";
import { checkPayload, sha, shownEvent } from "../http/payload.ts";
import { readExternalId } from "./external-id.ts";

const checkRun = z.object({
  action: z.string(),
  check_run: z.object({
    name: z.string().check(z.maxLength(300)),
    head_sha: sha,
    external_id: z.nullish(z.string()),
  }),
  repository,
  sender: z.nullish(account),
});

/** The "Re-run" event of one check, which GitHub sends only to the App that created the check. */
export function checkRunEvent(payload: unknown): TriggerEvent {
  const body = checkPayload(checkRun, payload, "check_run");
  if (body.action !== "rerequested")
    return { kind: "ignored", why: `check_run: nothing is done on "${shownEvent(body.action)}"` };
  const run = readExternalId(body.check_run.external_id ?? "");
  if (run === undefined)
    return { kind: "ignored", why: "check_run: the check names no pipeline, so it is not ours" };
  return {
    kind: "rerun",
    project: forgeProject(body.repository),
    sha: body.check_run.head_sha,
    context: body.check_run.name,
    ...run,
    user: userFacts(body.sender),
  };
}
