import { expect, test } from "vitest";
import { wantsColors } from "#cli/colors.ts";

test.for([
  { env: {}, terminal: true, colors: true },
  { env: {}, terminal: false, colors: false },
  { env: { CI: "true" }, terminal: false, colors: false },
  { env: { TERM: "dumb" }, terminal: true, colors: false },
  { env: { NO_COLOR: "1" }, terminal: true, colors: false },
  { env: { NO_COLOR: "1", FORCE_COLOR: "1" }, terminal: true, colors: false },
  { env: { FORCE_COLOR: "1" }, terminal: false, colors: true },
  { env: { FORCE_COLOR: "0" }, terminal: true, colors: false },
])("colours with $env at a terminal: $terminal → $colors", ({ env, terminal, colors }) => {
  expect(wantsColors(env, terminal)).toBe(colors);
});
