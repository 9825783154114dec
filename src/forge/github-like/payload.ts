import * as z from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import type { UserFacts } from "#language/facts.ts";
import type { ForgeProject, TriggerEvent } from "#pipeline/trigger-event.ts";
import type { WebhookRequest } from "../forge.ts";
import { type FieldShape, fieldReader } from "../http/json-fields.ts";
import { checkPayload, fullRef, isZeroSha, otherRef, readJson, sha } from "../http/payload.ts";

// What GitHub's payloads and those of Gitea and Forgejo share (GitHub Docs: Webhook events and payloads;
// Gitea Docs: Webhooks). Only fields that are used are named, and unknown ones pass.

export const repository = z.object({
  id: z.int(),
  full_name: z.string().check(z.regex(/^[^/]+\/[^/]+$/)),
  html_url: z.nullish(z.string()),
  default_branch: z.nullish(z.string()),
  visibility: z.nullish(z.string()),
  private: z.nullish(z.boolean()),
  internal: z.nullish(z.boolean()),
});

export const account = z.object({
  id: z.nullish(z.int()),
  login: z.nullish(z.string()),
  username: z.nullish(z.string()),
  name: z.nullish(z.string()),
  full_name: z.nullish(z.string()),
  email: z.nullish(z.string()),
});

type Account = z.infer<typeof account> | null | undefined;

export function forgeProject(from: z.infer<typeof repository>): ForgeProject {
  return {
    id: from.id,
    path: from.full_name,
    url: pageAddress(from.html_url),
    defaultBranch: from.default_branch ?? "",
    visibility: visibility(from),
  };
}

/** Who did it; a pusher knows the e-mail address on GitHub, a sender the id. */
export function userFacts(sender: Account, pusher?: Account): UserFacts {
  const login = sender?.login || sender?.username || pusher?.login || pusher?.name || "";
  return {
    id: sender?.id ?? pusher?.id ?? 0,
    login,
    name: sender?.full_name || sender?.name || pusher?.full_name || pusher?.name || login,
    email: sender?.email || pusher?.email || "",
  };
}

const push = z.object({
  ref: fullRef,
  before: sha,
  after: sha,
  head_commit: z.nullish(z.object({ id: sha })),
  repository,
  pusher: z.nullish(account),
  sender: z.nullish(account),
});

const accountFields = {
  id: true,
  login: true,
  username: true,
  name: true,
  full_name: true,
  email: true,
} as const;

/** What of a push is read at all: its commits alone may be megabytes. */
const branchFields: FieldShape = {
  ref: true,
  before: true,
  after: true,
  repository: {
    id: true,
    full_name: true,
    html_url: true,
    default_branch: true,
    visibility: true,
    private: true,
    internal: true,
  },
  pusher: accountFields,
  sender: accountFields,
};

const named = z.object({ ref: z.string() });
const readBranch = fieldReader(branchFields);
const readTag = fieldReader({ ...branchFields, head_commit: { id: true } });

/** The payload of a `push`, as far as `pushEvent` looks at it; only tags need what stands behind the commits. */
export function readPush(request: WebhookRequest): unknown {
  const payload = readJson(request, readBranch);
  const isTag = z.safeParse(named, payload).data?.ref.startsWith("refs/tags/") === true;
  return isTag ? readJson(request, readTag) : payload;
}

/** One `push` payload is one updated ref. */
export function pushEvent(payload: unknown): TriggerEvent {
  const body = checkPayload(push, payload, "push");
  const other = otherRef(body.ref);
  if (other !== undefined) return other;
  const tag = body.ref.startsWith("refs/tags/");
  const common = {
    project: forgeProject(body.repository),
    ref: body.ref,
    before: body.before,
    user: userFacts(body.sender, body.pusher),
  };
  if (isZeroSha(body.after)) return { kind: tag ? "tag_delete" : "branch_delete", ...common };
  if (!tag) return { kind: "push", ...common, sha: body.after, pushOptions: [] };
  // `after` is the tag object of an annotated tag; `head_commit` is the commit where the forge sends it.
  const commit = body.head_commit?.id;
  return {
    kind: "tag",
    ...common,
    sha: commit ?? body.after,
    ...(commit === undefined ? { unresolved: "tag_object" as const } : {}),
    pushOptions: [],
  };
}

/** Who may see a repository, by the fields that payloads and answers have for it. */
export function visibility(
  from: Pick<z.infer<typeof repository>, "visibility" | "private" | "internal">,
): ForgeProject["visibility"] {
  if (from.internal === true || from.visibility === "internal") return "internal";
  return from.visibility === "public" || from.private === false ? "public" : "private";
}
