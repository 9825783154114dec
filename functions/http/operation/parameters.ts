import * as z from "zod/mini";
import { described } from "#service/view/schema/parts.ts";

/** A whole number as text; what is wrong is said in words that follow the parameter's name. */
export function whole(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.coerce
    .number({ error })
    .check(z.int({ error }), z.minimum(least, { error }), z.maximum(most, { error }));
}

/** Ids are whole numbers, of jobs too: pipeline id × 100,000 + row. */
export const idOf = (what: string) =>
  described(whole(1, Number.MAX_SAFE_INTEGER), `Id of the ${what}.`);

export const onlyProject = z.exactOptional(
  described(z.string(), "Only what belongs to the project with this path."),
);

export const limit = z._default(described(whole(1, 100), "How many at most."), 20);
