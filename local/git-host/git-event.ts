import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readTagMessage, resolveCommits } from "#forge/git/git-objects.ts";
import { isZeroSha } from "#forge/http/payload.ts";
import { signWebhook } from "#forge/http/standard-webhooks.ts";
import type { UserFacts } from "#language/facts.ts";
import { readPushedCommits } from "./git-commits.ts";
import type { PushedRef } from "./git-push.ts";
import { nestPushOptions } from "./git-push-options.ts";

export type GitEvent = {
  /** The bare repository. */
  readonly directory: string;
  readonly project: {
    readonly id: number;
    readonly path: string;
    /** Page of the project, without trailing slash. */
    readonly url: string;
    readonly cloneUrl: string;
  };
  readonly ref: PushedRef;
  readonly pushOptions: readonly string[];
  readonly user: UserFacts;
};

/**
 * The webhook for one updated ref, in the shape of GitLab's push and tag events (GitLab Docs: Webhook
 * events) and signed with a `whsec_` token. Undefined for refs that are neither branch nor tag.
 * Building it again with the same delivery id makes a redelivery; `now` is epoch milliseconds.
 */
export async function buildGitEvent(
  event: GitEvent,
  signing: { readonly token: string; readonly deliveryId: string; readonly now: number },
): Promise<{ readonly headers: Headers; readonly body: Uint8Array } | undefined> {
  const { ref } = event.ref;
  if (!/^refs\/(?:heads|tags)\/./.test(ref)) return undefined;
  const kind = ref.startsWith("refs/tags/") ? "tag_push" : "push";
  const body = new TextEncoder().encode(JSON.stringify(await payload(event, kind)));
  const timestampSeconds = Math.floor(signing.now / 1000);
  const signature = signWebhook(signing.token, { id: signing.deliveryId, timestampSeconds }, body);
  if (signature === undefined) throw new Error("The git host's signing token must be `whsec_…`.");
  const headers = new Headers({
    "content-type": "application/json",
    "user-agent": "Slipway git host",
    "x-gitlab-event": kind === "push" ? "Push Hook" : "Tag Push Hook",
    "idempotency-key": signing.deliveryId,
    "webhook-id": signing.deliveryId,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signature,
  });
  return { headers, body };
}

async function payload(
  { directory, project, ref, pushOptions, user }: GitEvent,
  kind: "push" | "tag_push",
): Promise<Record<string, unknown>> {
  const head = await readFile(join(directory, "HEAD"), "utf8");
  const defaultBranch = /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? "main";
  const name = ref.ref.replace(/^refs\/tags\//, "");
  const deleted = isZeroSha(ref.after);
  const [commit, pushed, message] = await Promise.all([
    deleted ? undefined : resolveCommits(directory, [ref.after]).then(([found]) => found),
    readPushedCommits(directory, ref, { defaultBranch, url: project.url }),
    kind === "tag_push" && !deleted ? readTagMessage(directory, name) : undefined,
  ]);
  return {
    object_kind: kind,
    event_name: kind,
    before: ref.before,
    after: ref.after,
    ref: ref.ref,
    checkout_sha: commit ?? null,
    message: message ?? null,
    user_id: user.id,
    user_name: user.name,
    user_username: user.login,
    user_email: user.email,
    project_id: project.id,
    project: {
      id: project.id,
      name: project.path.slice(project.path.lastIndexOf("/") + 1),
      web_url: project.url,
      git_http_url: project.cloneUrl,
      path_with_namespace: project.path,
      default_branch: defaultBranch,
      visibility_level: 0,
    },
    commits: pushed.commits,
    total_commits_count: pushed.total,
    push_options: nestPushOptions(pushOptions),
  };
}
