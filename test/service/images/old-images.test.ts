import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Forge, ForgeError } from "#forge/forge.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { RegistryError } from "#registry/registry.ts";
import { handleEvent } from "#service/delivery/handle-delivery.ts";
import { removeOldImages } from "#service/images/old-images.ts";
import { push } from "../driver.ts";
import { makeWorld, project, type World } from "../world.ts";

const day = 24 * 3600_000;
const hour = 3600_000;

let world: World;
let live: string[];
let removed: string[];
let clock: number;
let settings: Partial<ProjectSettings>;
const faults = { forge: false, registry: false };
beforeEach(async () => {
  world = await makeWorld();
  live = ["refs/heads/main"];
  removed = [];
  clock = 0;
  settings = {};
  faults.forge = false;
  faults.registry = false;
  const local = world.deps.forges.get("local");
  const known = await world.deps.settings({ forge: "local", project });
  if (local === undefined || known === undefined) throw new Error("The world is empty.");
  const client = local.client(project);
  const forge: Forge = {
    ...local,
    client: () => ({
      ...client,
      listRefs: async () => {
        if (faults.forge) throw new ForgeError("The forge is away.", { retryable: true });
        return live.map((ref) => ({ ref, sha: "a".repeat(40) }));
      },
    }),
  };
  Object.assign(world.deps, {
    forges: new Map([["local", forge]]),
    settings: async () => ({ ...known, ...settings }),
    now: () => Date.now() + clock,
    registry: {
      ...world.deps.registry,
      deleteTag: async (repository: string, tag: string) => {
        if (faults.registry) throw new RegistryError("The registry is away.", true);
        removed.push(`${repository}:${tag}`);
        return "done";
      },
    },
  });
});
afterEach(() => world.close());

async function deleteRef(ref: string): Promise<void> {
  await handleEvent(world.deps, "local", {
    kind: ref.startsWith("refs/tags/") ? "tag_delete" : "branch_delete",
    project: { id: 1, path: project, url: "", defaultBranch: "main", visibility: "private" },
    ref,
    before: "a".repeat(40),
    user: { id: 1, login: "ada", name: "Ada", email: "" },
  });
}

async function removedAfter(milliseconds: number): Promise<readonly string[]> {
  clock += milliseconds;
  await removeOldImages(world.deps);
  return removed;
}

describe("the image of a deleted branch", () => {
  test("is removed after a week, once", async () => {
    await deleteRef("refs/heads/feature/x");
    expect(await removedAfter(6.9 * day)).toEqual([]);
    expect(await removedAfter(0.2 * day)).toEqual([`${project}:feature-x`]);
    expect(await removedAfter(30 * day)).toHaveLength(1);
  });

  test.for<[string, Partial<ProjectSettings>, number, number]>([
    ["two hours", { imageGraceSeconds: 7200 }, 2.1 * hour, 1],
    ["two hours, sooner", { imageGraceSeconds: 7200 }, 1.9 * hour, 0],
    ["never", { imageGraceSeconds: "never" }, 1000 * day, 0],
    ["no registry", { registry: false }, 1000 * day, 0],
  ])("with %s of grace goes by that", async ([, given, wait, expected]) => {
    settings = given;
    await deleteRef("refs/heads/x");
    expect(await removedAfter(wait)).toHaveLength(expected);
  });

  test("follows the setting as it is when the time comes", async () => {
    await deleteRef("refs/heads/x");
    settings = { imageGraceSeconds: 30 * 24 * 3600 };
    expect(await removedAfter(8 * day)).toEqual([]);
    settings = { imageGraceSeconds: "never" };
    expect(await removedAfter(30 * day)).toEqual([]);
    settings = {};
    expect(await removedAfter(30 * day)).toEqual([]);
  });

  test.for<[string, string, readonly string[]]>([
    ["is there again", "refs/heads/x", ["refs/heads/x"]],
    ["has the slug of another branch", "refs/heads/feature/a", ["refs/heads/feature-a"]],
    ["has the slug of a git tag", "refs/heads/v1/0", ["refs/tags/v1.0"]],
    ["has a git tag's own name", "refs/heads/rel_1", ["refs/tags/rel-1"]],
    ["is called latest", "refs/heads/latest", []],
    ["is called as a version", "refs/heads/v2.0", []],
    ["has a name without a slug", "refs/heads/日本語", []],
    ["is a git tag", "refs/tags/v1", []],
  ])("stays where its ref %s", async ([, ref, there]) => {
    await deleteRef(ref);
    live.push(...there);
    expect(await removedAfter(8 * day)).toEqual([]);
    live = ["refs/heads/main"];
    expect(await removedAfter(8 * day)).toEqual([]);
  });

  test("stays while a pipeline of the branch is at work", async () => {
    await push(world, "build: { script: [make] }\n", { ref: "refs/heads/x" });
    await deleteRef("refs/heads/x");
    expect(await removedAfter(8 * day)).toEqual([]);
    const [pipeline] = await world.deps.store.pipelines.list({ project, limit: 1 });
    const stored = await world.deps.store.pipelines.get(pipeline?.id ?? 0);
    if (stored === undefined) throw new Error("There is no pipeline.");
    await world.deps.store.pipelines.save({ ...stored.value, status: "success" }, stored.version);
    expect(await removedAfter(2 * hour)).toEqual([`${project}:x`]);
  });

  test.for(["forge", "registry"] as const)(
    "is removed later where the %s is away when the time comes",
    async (who) => {
      await deleteRef("refs/heads/x");
      faults[who] = true;
      expect(await removedAfter(8 * day)).toEqual([]);
      faults[who] = false;
      expect(await removedAfter(0.5 * hour)).toEqual([]);
      expect(await removedAfter(0.6 * hour)).toEqual([`${project}:x`]);
    },
  );

  test("has its time begin anew when the branch is deleted again", async () => {
    await deleteRef("refs/heads/x");
    clock += 5 * day;
    await deleteRef("refs/heads/x");
    expect(await removedAfter(5 * day)).toEqual([]);
    expect(await removedAfter(2.1 * day)).toEqual([`${project}:x`]);
  });
});
