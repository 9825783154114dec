import { describe, expect, test } from "vitest";
import { factsOf } from "../../../cli/author/facts.ts";
import type { PushFlags } from "../../../cli/author/push-flags.ts";

const plain: PushFlags = { source: "push", path: "group/sub/app" };
const zeros = "0".repeat(40);

describe("factsOf", () => {
  test("takes a push to the default branch where nothing else is said", () => {
    const { ref, project, source } = factsOf(plain, ".gitlab-ci.yml");
    expect(ref).toEqual({ kind: "branch", name: "main", protected: true });
    expect(project).toMatchObject({ path: "group/sub/app", title: "app", defaultBranch: "main" });
    expect(source).toBe("push");
  });

  test.for<[string, Partial<PushFlags>, ReturnType<typeof factsOf>["ref"]]>([
    ["another branch", { ref: "dev" }, { kind: "branch", name: "dev", protected: false }],
    ["a tag", { ref: "v1", tag: true }, { kind: "tag", name: "v1", protected: false }],
    [
      "a protected tag",
      { ref: "v1", tag: true, protected: true },
      { kind: "tag", name: "v1", protected: true },
    ],
    [
      "another default branch",
      { defaultBranch: "trunk" },
      { kind: "branch", name: "trunk", protected: true },
    ],
    [
      "a tag named as the default branch",
      { ref: "main", tag: true },
      { kind: "tag", name: "main", protected: false },
    ],
  ])("knows the ref of %s", ([, flags, ref]) => {
    expect(factsOf({ ...plain, ...flags }, ".gitlab-ci.yml").ref).toEqual(ref);
  });

  test.for<[string, Partial<PushFlags>, boolean]>([
    ["a branch", {}, false],
    ["a tag", { tag: true }, true],
    ["a schedule", { source: "schedule" }, true],
    ["a merge request", { source: "merge_request_event" }, true],
    ["a new branch, as said", { beforeSha: zeros }, true],
  ])("whether %s has no commit before: %s", ([, flags, isNew]) => {
    const { commit } = factsOf({ ...plain, ...flags }, ".gitlab-ci.yml");
    expect(commit.beforeSha === zeros).toBe(isNew);
  });

  test("a merge request goes from the ref to the target, or to the default branch", () => {
    const flags: PushFlags = { ...plain, source: "merge_request_event", ref: "feature" };
    const to = (target?: string) =>
      factsOf({ ...flags, ...(target && { target }) }, ".gitlab-ci.yml").mergeRequest;
    expect(to()).toMatchObject({ sourceBranch: "feature", targetBranch: "main", fork: false });
    expect(to("next")).toMatchObject({ sourceBranch: "feature", targetBranch: "next" });
  });

  test("a merge request of a tag is refused", () => {
    const flags: PushFlags = { ...plain, source: "merge_request_event", tag: true };
    expect(() => factsOf(flags, ".gitlab-ci.yml")).toThrow(/no tag/);
  });

  test("flags win over what the repository says, which wins over the usual", () => {
    const branches = { current: "dev", default: "trunk" };
    const known = factsOf(plain, ".gitlab-ci.yml", branches);
    expect(known.ref.name).toBe("dev");
    expect(known.project.defaultBranch).toBe("trunk");
    expect(factsOf({ ...plain, ref: "x" }, ".gitlab-ci.yml", branches).ref.name).toBe("x");
  });
});
