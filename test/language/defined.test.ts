import { expect, test } from "vitest";
import { defined } from "#language/defined.ts";

test("fields that are undefined are absent, all others stay in their order", () => {
  const fields = defined({ a: 0, b: undefined, c: "", d: null, e: false });
  expect(Object.entries(fields)).toEqual([
    ["a", 0],
    ["c", ""],
    ["d", null],
    ["e", false],
  ]);
  expect("b" in fields).toBe(false);
});

test("a field whose value may be undefined can be spread where it must be absent", () => {
  const told = (reason: string | undefined): { readonly id: number; readonly reason?: string } => ({
    id: 1,
    ...defined({ reason }),
  });
  expect(Object.keys(told(undefined))).toEqual(["id"]);
  expect(told("full")).toEqual({ id: 1, reason: "full" });
});
