import type * as z from "zod/mini";
import type { ForgeLook } from "../watch/look-at-forge.ts";
import type { MissedRef } from "../watch/missed-refs.ts";
import type { forgeLookSchema } from "./schema/forge-look.ts";

export type ForgeLookView = z.output<typeof forgeLookSchema>;

export function forgeLookView(look: ForgeLook): ForgeLookView {
  return {
    project: look.project,
    forge: look.forge,
    first: look.first,
    found: look.found.map(missedRefView),
    waiting: look.waiting.map(missedRefView),
    ...(look.delivery !== undefined && { delivery: look.delivery }),
    resent: look.resent,
    ...(look.hint !== undefined && { hint: look.hint }),
    ...(look.problem !== undefined && { problem: look.problem }),
  };
}

function missedRefView({ ref, before, sha }: MissedRef): ForgeLookView["found"][number] {
  return {
    ref,
    ...(before !== undefined && { before }),
    ...(sha !== undefined && { sha }),
  };
}
