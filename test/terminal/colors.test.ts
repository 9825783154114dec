import { expect, test } from "vitest";
import { colorsAfter } from "#terminal/colors.ts";

test.each([
  ["nothing", "plain", "", ""],
  ["a colour", "a\x1b[31mb", "", "\x1b[31m"],
  ["a colour that ends", "\x1b[31ma\x1b[0m", "", ""],
  ["each way to end one", "\x1b[31ma\x1b[m", "\x1b[1m", ""],
  ["GitLab's way to end one", "\x1b[31ma\x1b[0;m", "", ""],
  ["an end and a new beginning in one", "\x1b[31ma\x1b[0;32mb", "", "\x1b[0;32m"],
  ["what was in force before", "more", "\x1b[1m", "\x1b[1m"],
  ["several", "\x1b[1m\x1b[38;5;208m", "\x1b[4m", "\x1b[4m\x1b[1m\x1b[38;5;208m"],
])("after %s", (_, text, before, after) => {
  expect(colorsAfter(text, before)).toBe(after);
});

test("what is in force does not grow without end", () => {
  expect(colorsAfter("\x1b[1m".repeat(100_000)).length).toBeLessThan(400);
});
