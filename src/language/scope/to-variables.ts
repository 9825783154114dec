import type { Variable } from "../variables.ts";

/** What people write (messages, titles) is no template: a `$` in it stays one. */
export const FREE_TEXT = { raw: true } as const;

/** For tokens and what contains them: never shown by the API, `[MASKED]` in logs. */
export const SECRET = { public: false, masked: true } as const;

/** One variable per entry, in order, all public unless `flags` say otherwise; an undefined value is absent. */
export function toVariables(
  values: Readonly<Record<string, string | undefined>>,
  flags: Omit<Variable, "key" | "value"> = {},
): Variable[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value, public: true, ...flags }],
  );
}
