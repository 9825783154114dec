import * as z from "zod/mini";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { checkPayload, fullRef, isZeroSha, otherRef, sha } from "../http/payload.ts";
import { forgeProject, project, userFacts } from "./payload.ts";

// Push and tag events (GitLab Docs: Webhook events). The built-in git host sends the same shape.

/** Of one namespace: keys, then `true`, one value, or values with how often each was given. */
const pushOptions = z.record(
  z.string(),
  z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.number())]),
);

const push = z.looseObject({
  ref: fullRef,
  before: sha,
  after: sha,
  checkout_sha: z.nullish(sha),
  ref_protected: z.nullish(z.boolean()),
  user_id: z.nullish(z.int()),
  user_name: z.nullish(z.string()),
  user_username: z.nullish(z.string()),
  user_email: z.nullish(z.string()),
  project_id: z.nullish(z.int()),
  project,
  // Sample payloads have an empty list where there are none.
  push_options: z.nullish(z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())])),
});

/** One `push` or `tag_push` payload is one updated ref. */
export function pushEvent(payload: unknown, kind: "push" | "tag_push"): TriggerEvent {
  const body = checkPayload(push, payload, kind);
  const other = otherRef(body.ref);
  if (other !== undefined) return other;
  const tag = body.ref.startsWith("refs/tags/");
  const common = {
    project: forgeProject(body.project, body.project_id),
    ref: body.ref,
    before: body.before,
    user: userFacts({
      id: body.user_id,
      name: body.user_name,
      username: body.user_username,
      email: body.user_email,
    }),
  };
  if (isZeroSha(body.after)) return { kind: tag ? "tag_delete" : "branch_delete", ...common };
  // `after` is the tag object of an annotated tag; only checkout_sha is always the commit. A branch has no other.
  if (tag && body.checkout_sha === null)
    return {
      kind: "ignored",
      why: `${body.ref} does not point to a commit: there is no checkout_sha`,
    };
  const commit = body.checkout_sha ?? undefined;
  return {
    kind: tag ? "tag" : "push",
    ...common,
    sha: commit ?? body.after,
    ...(tag && commit === undefined ? { unresolved: "tag_object" as const } : {}),
    pushOptions: flatPushOptions(body.push_options),
    ...(typeof body.ref_protected === "boolean" ? { protected: body.ref_protected } : {}),
  };
}

/** Back to what was typed after `git push -o`: `ci.skip`, `ci.variable=K=V`. */
function flatPushOptions(options: z.infer<typeof push>["push_options"]): readonly string[] {
  if (!options || Array.isArray(options)) return [];
  return Object.entries(options).flatMap(([namespace, given]) =>
    Object.entries(z.safeParse(pushOptions, given).data ?? {}).flatMap(([key, value]) => {
      const name = `${namespace}.${key}`;
      if (value === true) return [name];
      if (typeof value === "object") return Object.keys(value).map((each) => `${name}=${each}`);
      return value === false ? [] : [`${name}=${value}`];
    }),
  );
}
