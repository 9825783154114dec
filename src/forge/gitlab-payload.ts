import * as z from "zod/mini";
import type { UserFacts } from "#language/facts.ts";
import type { ForgeProject } from "./forge.ts";
import { checkPayload } from "./payload.ts";

// The parts that all of GitLab's payloads share (GitLab Docs: Webhook events). Only fields that are
// used are named, and unknown ones pass: GitLab adds fields in every release.

export const project = z.looseObject({
  id: z.int(),
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

export function forgeProject(from: z.infer<typeof project>): ForgeProject {
  return {
    id: from.id,
    path: from.path_with_namespace,
    url: (from.web_url ?? "").replace(/\/+$/, ""),
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

const kindOf = z.looseObject({ object_kind: z.optional(z.unknown()) });

/** `object_kind`, or undefined where the body is an object without one. */
export function objectKind(payload: unknown): string | undefined {
  const { object_kind: kind } = checkPayload(kindOf, payload, "webhook");
  return typeof kind === "string" && kind !== "" ? kind : undefined;
}

function visibility(level: number | null | undefined): ForgeProject["visibility"] {
  if (level === 20) return "public";
  return level === 10 ? "internal" : "private";
}
