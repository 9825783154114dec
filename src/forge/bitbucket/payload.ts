import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import type { UserFacts } from "#language/facts.ts";
import type { ForgeProject } from "#pipeline/trigger-event.ts";

// The parts that all of Bitbucket Cloud's payloads share (Bitbucket Cloud: Event payloads).

const links = z.nullish(
  z.looseObject({ html: z.nullish(z.looseObject({ href: z.nullish(z.string()) })) }),
);

export const repository = z.looseObject({
  uuid: z.nullish(z.string()),
  full_name: z.string().check(z.regex(/^[^/]+\/[^/]+$/)),
  is_private: z.nullish(z.boolean()),
  mainbranch: z.nullish(z.looseObject({ name: z.nullish(z.string()) })),
  links,
});

export const actor = z.nullish(
  z.looseObject({
    uuid: z.nullish(z.string()),
    nickname: z.nullish(z.string()),
    display_name: z.nullish(z.string()),
  }),
);

type Repository = z.infer<typeof repository>;

export function forgeProject(from: Repository): ForgeProject {
  return {
    id: idOf(from),
    path: from.full_name,
    url: pageOf(from),
    defaultBranch: from.mainbranch?.name ?? "",
    visibility: from.is_private === false ? "public" : "private",
  };
}

export function userFacts(from: z.infer<typeof actor>): UserFacts {
  const login = from?.nickname || from?.display_name || "";
  return {
    id: from?.uuid ? numberOf(from.uuid) : 0,
    login,
    name: from?.display_name || login,
    email: "",
  };
}

/** By UUID, which outlives a new name. */
export function idOf(from: Repository): number {
  return numberOf(from.uuid || from.full_name);
}

export function pageOf(from: Repository): string {
  return pageAddress(from.links?.html?.href ?? `https://bitbucket.org/${from.full_name}`);
}

/**
 * A number for what Bitbucket knows by UUID only, since CI variables such as `CI_PROJECT_ID` are numbers:
 * always the same one for the same UUID, below 2⁴⁸.
 */
export function numberOf(uuid: string): number {
  const plain = uuid.replace(/[{}]/g, "").toLowerCase();
  return createHash("sha256").update(plain).digest().readUIntBE(0, 6);
}
