import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseSettings } from "#project/parse-settings.ts";
import { settingsFromJson, settingsToJson } from "#project/settings-json.ts";

test.for([
  ["nothing", ""],
  ["the example", readFileSync(new URL("../../slipway.example.yaml", import.meta.url), "utf8")],
] as const)("settings of %s come back from JSON as they were", ([, text]) => {
  const parsed = parseSettings(text);
  if (!("settings" in parsed)) throw new Error(JSON.stringify(parsed.problems));
  expect(settingsFromJson(settingsToJson(parsed.settings))).toEqual(parsed.settings);
});
