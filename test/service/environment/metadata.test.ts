import { afterEach, beforeEach, expect, test } from "vitest";
import { environmentVariables } from "#environment/environment-variables.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import { parseSettings, settingsOf } from "#project/parse-settings.ts";
import { push } from "../driver.ts";
import { makeWorld, project, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

test.each([
  ["nobody says so", "{}", false],
  ["all may", "{ defaults: { allow_metadata: true } }", true],
  [
    "all but this project may",
    `{ defaults: { allow_metadata: true }, projects: { ${project}: { allow_metadata: false } } }`,
    false,
  ],
  ["this project may", `{ projects: { ${project}: { allow_metadata: true } } }`, true],
  ["another project may", "{ projects: { other/app: { allow_metadata: true } } }", false],
])(
  "an environment lets its jobs reach the cloud's metadata where %s",
  async (_where, text, may) => {
    const parsed = parseSettings(text);
    if (!("settings" in parsed)) throw new Error(JSON.stringify(parsed.problems));
    const known = await world.deps.settings({ forge: "local", project });
    const { allowMetadata } = settingsOf(parsed.settings, project);
    Object.assign(world.deps, {
      settings: async (_of: ProjectKey) =>
        known && { ...known, ...(allowMetadata !== undefined && { allowMetadata }) },
    });
    await push(world, "job: { script: make }\n");
    const [spec] = world.started;
    if (spec === undefined) throw new Error("Nothing was started.");
    const variables = environmentVariables(spec, { directory: "/w", extraHosts: [] });
    expect(variables.SLIPWAY_ALLOW_METADATA).toBe(may ? "true" : undefined);
  },
);
