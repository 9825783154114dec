import * as z from "zod/mini";

/** An empty variable is a missing one. */
export const nonEmpty = z.string().check(z.minLength(1));
