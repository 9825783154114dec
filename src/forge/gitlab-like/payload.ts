import * as z from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import type { UserFacts } from "#language/facts.ts";
import type { ForgeProject } from "#pipeline/trigger-event.ts";
import { MalformedPayload } from "../forge.ts";
import { checkPayload } from "../http/payload.ts";

// The parts that all of GitLab's payloads share (GitLab Docs: Webhook events). Only fields that are
// used are named, and unknown ones pass: GitLab adds fields in every release.

export const project = z.looseObject({
  /** System hooks give the id beside the project only. */
  id: z.nullish(z.int()),
  path_with_namespace: z.string().check(z.minLength(1)),
  web_url: z.nullish(z.string()),
  default_branch: z.nullish(z.string()),
  visibility_level: z.nullish(z.number()),
});

export type GitLabUser = {
  readonly id?: number | null | undefined;
  readonly name?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly email?: string | null | undefined;
};

/** Throws `MalformedPayload` where the id is neither in the project nor beside it. */
export function forgeProject(
  from: z.infer<typeof project>,
  idBeside: number | null | undefined,
): ForgeProject {
  const id = from.id ?? idBeside;
  if (typeof id !== "number") throw new MalformedPayload("The event has no value in: project.id.");
  return {
    id,
    path: from.path_with_namespace,
    url: pageAddress(from.web_url),
    defaultBranch: from.default_branch ?? "",
    visibility: visibility(from.visibility_level),
  };
}

export function userFacts(user: GitLabUser): UserFacts {
  return {
    id: user.id ?? 0,
    login: user.username ?? "",
    name: user.name ?? user.username ?? "",
    email: user.email ?? "",
  };
}

const kindOf = z.looseObject({
  object_kind: z.optional(z.unknown()),
  event_name: z.optional(z.unknown()),
});

/** `object_kind`, or the name that system hooks have for it; undefined where an object has neither. */
export function objectKind(payload: unknown): string | undefined {
  const { object_kind: kind, event_name: name } = checkPayload(kindOf, payload, "webhook");
  return [kind, name].find((each): each is string => typeof each === "string" && each !== "");
}

function visibility(level: number | null | undefined): ForgeProject["visibility"] {
  if (level === 20) return "public";
  return level === 10 ? "internal" : "private";
}
