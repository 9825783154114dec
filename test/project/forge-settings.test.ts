import { expect, test } from "vitest";
import { parseSettings, settingsOf } from "#project/parse-settings.ts";

function given(text: string) {
  const parsed = parseSettings(text);
  if ("problems" in parsed) return parsed.problems.map(({ path, line }) => `${path}:${line}`);
  const { statuses, imageGraceSeconds } = settingsOf(parsed.settings, "group/app");
  return { statuses, imageGraceSeconds };
}

test.for<[string, ReturnType<typeof given>]>([
  ["", { statuses: undefined, imageGraceSeconds: undefined }],
  [
    "defaults: {statuses: jobs, image_grace: 2 days}",
    { statuses: "jobs", imageGraceSeconds: 172_800 },
  ],
  [
    "defaults: {statuses: jobs, image_grace: 2 days}\nprojects: {group/app: {statuses: pipeline, image_grace: never}}",
    { statuses: "pipeline", imageGraceSeconds: "never" },
  ],
  ["defaults:\n  image_grace: soon", ["defaults.image_grace:2"]],
  ["defaults:\n  image_grace: 0", ["defaults.image_grace:2"]],
  ["defaults:\n  statuses: none", ["defaults.statuses:2"]],
])("%j is read as %o", ([text, expected]) => {
  expect(given(text)).toEqual(expected);
});
