import { describe, expect, test } from "vitest";
import type { Forge, ForgeClient } from "#forge/forge.ts";
import type { MergeRequestFacts, PipelineFacts } from "#language/facts.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { includeReader } from "#service/configuration/include-reader.ts";
import { MERGE_REQUEST, pushFacts } from "../../language/sample-facts.ts";
import { makeWorld } from "../world.ts";

const branch = "b".repeat(40);
const tag = "c".repeat(40);

/** A forge whose projects have one file per commit, named after it. */
function forge(
  base: Forge,
  client: ForgeClient,
  visibility: PipelineFacts["project"]["visibility"],
): Forge {
  return {
    ...base,
    client: (project) => ({
      ...client,
      readProject: async () => ({ ...(await project_()), defaultBranch: "main", visibility }),
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
    ["Group/App", undefined, "a.yml", "Group/App:a.yml@b"],
  ])("%s at %s, %s is %s", async (project, ref, file, text) => {
    const reader = await connectedReader();
    expect(await reader.project?.(project, ref, file)).toBe(text);
  });

  test.each([
    ["that shares with nobody", "ci/closed"],
    ["that shares with others", "ci/narrow"],
    ["that nobody connected", "secret/other"],
    ["that is asked for by a sha", "ci/closed", "d".repeat(40)],
    ["that is called like one that shares", "ci/shared2"],
    ["that is called by a path", "ci/shared/../closed"],
  ])(
    "of a project %s are refused, with the setting to change",
    async (_, project, ref = "main") => {
      const reader = await connectedReader();
      const refused = {
        refused: expect.stringMatching(
          new RegExp(`^\`${project}\` does not share .*share_ci_config: \\[group/app\\]`),
        ),
      };
      expect(await reader.project?.(project, ref, "a.yml")).toEqual(refused);
      expect(await reader.projectPaths?.(project, ref)).toEqual(refused);
      expect(await reader.component?.(`gitlab.example/${project}/build@v1`)).toEqual(refused);
    },
  );

  test("of a public project are read by everybody", async () => {
    const reader = await connectedReader(of(), "public");
    expect(await reader.project?.("ci/closed", "main", "a.yml")).toBe("ci/closed:a.yml@b");
  });

  test("are never read for a fork's merge request, whoever shares them", async () => {
    for (const visibility of ["private", "public"] as const) {
      const reader = await connectedReader(of({ ...MERGE_REQUEST, fork: true }), visibility);
      for (const project of ["ci/shared", "ci/closed"]) {
        expect(await reader.project?.(project, "main", "a.yml")).toHaveProperty("refused");
        expect(await reader.projectPaths?.(project, "main")).toHaveProperty("refused");
      }
      expect(await reader.project?.("group/app", "main", "a.yml")).toBe("group/app:a.yml@b");
    }
  });

  test.each([
    ["gitlab.example/ci/shared/build@v1", "ci/shared:templates/build.yml@c"],
    ["gitlab.example/ci/shared/build", undefined],
  ])("the component %s is %s", async (address, text) => {
    expect(await (await connectedReader()).component?.(address)).toBe(text);
  });
});

/** A pipeline of `group/app`. */
function of(mergeRequest?: MergeRequestFacts): Parameters<typeof includeReader>[2] {
  const { project } = pushFacts();
  return { project: { ...project, path: "group/app" }, ...(mergeRequest && { mergeRequest }) };
}

async function connectedReader(
  facts = of(),
  visibility: PipelineFacts["project"]["visibility"] = "private",
) {
  const world = await makeWorld();
  const local = world.deps.forges.get("local");
  if (local === undefined) throw new Error("The world has no forge.");
  const settings = await world.deps.settings({ forge: "local", project: "group/app" });
  const shares = {
    "ci/shared": ["group/*"],
    "ci/narrow": ["group/other", "grou"],
    "ci/closed": [],
  };
  const connected = async ({ project }: ProjectKey): Promise<ProjectSettings | undefined> => {
    const [, shareCiConfig] = Object.entries(shares).find(([name]) => name === project) ?? [];
    return settings && shareCiConfig && { ...settings, shareCiConfig };
  };
  await world.close();
  return includeReader(
    {
      forges: new Map([["local", forge(local, local.client("group/app"), visibility)]]),
      settings: connected,
    },
    "local",
    facts,
  );
}
