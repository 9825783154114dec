import * as z from "zod/mini";

/** A schema of any kind. */
export type Schema = z.core.$ZodType;

/** Parts that the schemas of answers have in common. */
export const time = z.string().check(z.describe("Time in UTC, ISO 8601."));
export const url = z.string().check(z.describe("Address for a browser."));
export const sha = z.string().check(z.describe("Full id of the commit."));
export const projectPath = z.string().check(z.describe("Path of the project at its forge."));
export const forgeName = z
  .string()
  .check(z.describe("Name of the forge in `slipway.yaml`; `local` is the built-in git host."));
export const optional = z.exactOptional;

export function listOf<Item extends Schema>(item: Item) {
  return z.readonly(z.array(item));
}

export function described<Kind extends z.ZodMiniType>(kind: Kind, text: string): Kind {
  return kind.check(z.describe(text));
}
