import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { openCacheWrite } from "#service/artifacts/cache.ts";
import { isProtectedRef } from "#service/configuration/facts.ts";
import { finish, jobOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

/** Of the project, from now on. */
function setSettings(change: Partial<ProjectSettings>): void {
  const { settings } = world.deps;
  Object.assign(world.deps, {
    settings: async (of: ProjectKey) => {
      const known = await settings(of);
      return known && { ...known, ...change };
    },
  });
}

let commits = 0;
async function runOn(ref: string): Promise<JobResponse> {
  commits += 1;
  const configuration =
    "job: {script: [x], cache: {key: k, paths: [x]}, id_tokens: {ID: {aud: https://cloud.test}}}";
  const id = await push(world, configuration, { ref, sha: String(commits).padStart(40, "0") });
  return takeNext(world, id);
}

function valueIn(job: JobResponse, key: string): string | undefined {
  return job.variables.findLast((variable) => variable.key === key)?.value;
}

const secret = {
  key: "PROT",
  value: { plain: "precious" },
  masked: false,
  protected: true,
  file: false,
  raw: false,
  environmentScope: "*",
};

describe("a protected ref", () => {
  test.for([
    ["the default branch", "refs/heads/main", true],
    ["a tag with the default branch's name", "refs/tags/main", false],
    ["a branch of the pattern", "refs/heads/release/1", true],
    ["a tag with a name of the branches' pattern", "refs/tags/release/1", false],
    ["a tag of the tags' pattern", "refs/tags/v1.0", true],
    ["a branch with a name of the tags' pattern", "refs/heads/v1.0", false],
    ["a branch that is called as a tag's full name", "refs/heads/refs/tags/v1.0", false],
    ["a tag that is called as the default branch's full name", "refs/tags/refs/heads/main", false],
    ["a branch in another case", "refs/heads/Main", false],
  ] as const)("%s (%s): %s, for variables, ID tokens and caches alike", async ([, ref, is]) => {
    setSettings({ protectedBranches: ["release/*"], protectedTags: ["v*"], variables: [secret] });
    const job = await runOn(ref);
    expect(valueIn(job, "CI_COMMIT_REF_PROTECTED")).toBe(String(is));
    expect(valueIn(job, "PROT")).toBe(is ? "precious" : undefined);
    expect(job.git_info.protected).toBe(is);
    expect(decodeJwt(valueIn(job, "ID") ?? "")).toMatchObject({ ref_protected: String(is) });
    expect(job.cache[0]?.key).toBe(is ? "k-protected" : "k-non_protected");
    const write = await openCacheWrite(world.deps, job.token, "k-protected");
    expect(write !== undefined).toBe(is);
  });

  test.for([
    [{ protectedBranches: ["*"], protectedTags: [] }, "tag", "main", false],
    [{ protectedBranches: [], protectedTags: ["*"] }, "branch", "topic", false],
    [{ protectedBranches: [], protectedTags: ["*"] }, "tag", "anything", true],
    [{ protectedBranches: [], protectedTags: [] }, "branch", "", false],
  ] as const)("by %o: %s %s: %s", ([patterns, kind, name, is]) => {
    expect(isProtectedRef({ kind, name }, "main", patterns)).toBe(is);
  });
});

describe("a tag with a branch's name, or a branch with a tag's", () => {
  const stoppable = `deploy:
  script: [make]
  environment: { name: live, on_stop: stop }
stop:
  script: [make stop]
  needs: [deploy]
  when: manual
  environment: { name: live, action: stop }
`;

  test.for(["refs/heads/v1", "refs/heads/refs/tags/v1", "refs/heads/refs/merge-requests/1/head"])(
    "does not cancel the other's pipeline: %s",
    async (ref) => {
      const tag = await push(world, "job: {script: [x]}", { ref: "refs/tags/v1" });
      await push(world, "job: {script: [x]}", { ref, sha: "b".repeat(40) });
      expect(await statusesOf(world, tag)).toEqual({ job: "pending" });
    },
  );

  test("stops nothing that the other deployed, when it is deleted", async () => {
    const id = await push(world, stoppable, { ref: "refs/tags/v1" });
    await finish(world, await takeNext(world, id));
    await push(world, stoppable, {
      ref: "refs/heads/v1",
      before: "b".repeat(40),
      sha: "0".repeat(40),
    });
    expect((await jobOf(world, id, "stop")).status).toBe("manual");
  });

  test("starts a pipeline of its own at the same commit", async () => {
    const branch = await push(world, "job: {script: [x]}", { ref: "refs/heads/v1" });
    const tag = await push(world, "job: {script: [x]}", { ref: "refs/tags/v1" });
    expect(tag).not.toBe(branch);
  });
});
