import { describe, expect, test } from "vitest";
import type { Forge, ForgeClient } from "#forge/forge.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { includeReader } from "#service/configuration/include-reader.ts";
import { makeWorld } from "../world.ts";

const branch = "b".repeat(40);
const tag = "c".repeat(40);

/** A forge whose projects have one file per commit, named after it. */
function forge(base: Forge, client: ForgeClient): Forge {
  return {
    ...base,
    client: (project) => ({
      ...client,
      readProject: async () => ({ ...(await project_()), defaultBranch: "main" }),
      listRefs: async () => [
        { ref: "refs/heads/main", sha: branch },
        { ref: "refs/tags/v1", sha: tag },
      ],
      readFile: async (sha, path) =>
        path.endsWith("missing.yml") ? undefined : `${project}:${path}@${sha.slice(0, 1)}`,
    }),
  };
  async function project_() {
    const found = await client.readProject();
    if (found === undefined) throw new Error("The forge has no project.");
    return found;
  }
}

describe("files of other projects", () => {
  test.each([
    ["ci/shared", undefined, "a.yml", "ci/shared:a.yml@b"],
    ["ci/shared", "main", "a.yml", "ci/shared:a.yml@b"],
    ["ci/shared", "v1", "a.yml", "ci/shared:a.yml@c"],
    ["ci/shared", "d".repeat(40), "a.yml", "ci/shared:a.yml@d"],
    ["ci/shared", "no-such-ref", "a.yml", undefined],
    ["ci/shared", "main", "missing.yml", undefined],
    ["secret/other", "main", "a.yml", undefined],
  ])("%s at %s, %s is %s", async (project, ref, file, text) => {
    const reader = await connectedReader();
    expect(await reader.project?.(project, ref, file)).toBe(text);
  });

  test.each([
    ["gitlab.example/ci/shared/build@v1", "ci/shared:templates/build.yml@c"],
    ["gitlab.example/ci/shared/build", undefined],
    ["gitlab.example/secret/other/build@v1", undefined],
  ])("the component %s is %s", async (address, text) => {
    expect(await (await connectedReader()).component?.(address)).toBe(text);
  });
});

async function connectedReader() {
  const world = await makeWorld();
  const local = world.deps.forges.get("local");
  if (local === undefined) throw new Error("The world has no forge.");
  const settings = await world.deps.settings({ forge: "local", project: "group/app" });
  const connected = async (of: ProjectKey): Promise<ProjectSettings | undefined> =>
    of.project === "ci/shared" ? settings : undefined;
  await world.close();
  return includeReader(
    { forges: new Map([["local", forge(local, local.client("group/app"))]]), settings: connected },
    "local",
  );
}
