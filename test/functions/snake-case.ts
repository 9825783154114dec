/** Fields whose keys are names that users, HTTP or AWS have chosen. */
export const mapsOfNames: readonly string[] = ["headers", "variables"];

/** Paths of the keys in an answer that are not in snake case. */
export function keysOutOfStyle(value: unknown, before = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = before === "" ? key : `${before}.${key}`;
    const own = /^(?:[a-z][a-z0-9_]*|\d+)$/.test(key) ? [] : [path];
    return [...own, ...(mapsOfNames.includes(key) ? [] : keysOutOfStyle(inner, path))];
  });
}
