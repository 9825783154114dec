import { describe, expect, test } from "vitest";
import { decideOnlyExcept, type OnlyPolicy } from "#language/condition/conditions.ts";
import { parseRefPattern } from "#language/condition/ref-pattern.ts";
import { expression, STARTS, world } from "./condition-world.ts";

function refs(...texts: string[]): OnlyPolicy {
  return {
    refs: texts.map((text) => {
      const parsed = parseRefPattern(text);
      if (!parsed.ok) throw new Error(parsed.message);
      return parsed.pattern;
    }),
  };
}

const { PUSH, TAG, MERGE_REQUEST } = STARTS;

describe("only and except by refs", () => {
  const included = async (only?: OnlyPolicy, except?: OnlyPolicy) => {
    const names: string[] = [];
    for (const [name, facts] of Object.entries(STARTS)) {
      if (await decideOnlyExcept(only, except, world(facts))) names.push(name);
    }
    return names.join(" ");
  };
  const BRANCHES = "PUSH FEATURE SCHEDULE WEB API CHILD";
  const NOT_MERGE_REQUESTS = "PUSH FEATURE TAG SCHEDULE WEB API CHILD";

  test.for<[string[], string]>([
    [["branches"], BRANCHES],
    [["tags"], "TAG"],
    [["branches", "tags"], NOT_MERGE_REQUESTS],
    [["pushes"], "PUSH FEATURE TAG"],
    [["push"], "PUSH FEATURE TAG"],
    [["merge_requests"], "MERGE_REQUEST"],
    [["merge_request"], "MERGE_REQUEST"],
    [["schedules"], "SCHEDULE"],
    [["web"], "WEB"],
    [["api"], "API"],
    [["parent_pipelines"], "CHILD"],
    [["triggers"], ""],
    [["external_pull_requests"], ""],
    [["main"], "PUSH SCHEDULE WEB API CHILD"],
    [["feature/a"], "FEATURE"],
    [["Main"], ""],
    [["mai"], ""],
    [["/^feature/"], "FEATURE"],
    [["/^FEATURE/"], ""],
    [["/^FEATURE/i"], "FEATURE"],
    [["/a/"], NOT_MERGE_REQUESTS.replace("TAG ", "")],
    [[String.raw`/^v\d+\.\d+\.\d+$/`], "TAG"],
    [["/feature/a"], ""],
    [["main@Group/Sub/My_Project"], "PUSH SCHEDULE WEB API CHILD"],
    [["main@other/project"], ""],
    [["branches@group/sub/my_project"], ""],
    [["/^v1/@Group/Sub/My_Project"], "TAG"],
    [["merge_requests@Group/Sub/My_Project"], "MERGE_REQUEST"],
    [[], ""],
  ])("only %j lets in: %s", async ([patterns, expected]) => {
    expect(await included(refs(...patterns))).toBe(expected);
  });

  test.for<[string[], string]>([
    [["tags"], BRANCHES],
    [["branches"], "TAG"],
    [["main"], "FEATURE TAG"],
    [["/^v1/", "schedules"], "PUSH FEATURE WEB API CHILD"],
    [["merge_requests"], NOT_MERGE_REQUESTS],
    [["main@other/project"], NOT_MERGE_REQUESTS],
    [[], NOT_MERGE_REQUESTS],
  ])("except %j, with the default `only`, leaves: %s", async ([patterns, expected]) => {
    expect(await included(undefined, refs(...patterns))).toBe(expected);
  });

  test("neither of the two means branches and tags", async () => {
    expect(await included()).toBe(NOT_MERGE_REQUESTS);
  });

  test("only and except together", async () => {
    expect(await included(refs("branches"), refs("main"))).toBe("FEATURE");
  });

  test("the default is dropped where the configuration has workflow:rules", async () => {
    expect(await decideOnlyExcept(undefined, undefined, world(MERGE_REQUEST), true)).toBe(true);
    expect(await decideOnlyExcept(undefined, refs("main"), world(PUSH), true)).toBe(false);
  });

  test("a regular expression that RE2 does not know is refused", () => {
    expect(parseRefPattern("/^(?!main).*$/")).toMatchObject({
      ok: false,
      message: expect.stringContaining("/^(?!main).*$/: invalid regular expression (RE2)"),
    });
  });
});

describe("only and except by other keys", () => {
  const changed = { changedPaths: async () => ["docs/a.md"] };
  const yes = [expression('$DEPLOY == "yes"')];
  const no = [expression('$DEPLOY == "no"'), expression("$EMPTY")];
  const decide = (only: OnlyPolicy | undefined, except?: OnlyPolicy, facts = PUSH) =>
    decideOnlyExcept(only, except, world(facts, changed));

  test.for<[string, OnlyPolicy | undefined, OnlyPolicy | undefined, boolean]>([
    ["variables of which one is true", { variables: [...no, ...yes] }, undefined, true],
    ["variables of which none is true", { variables: no }, undefined, false],
    ["changes that match", { changes: ["docs/*"] }, undefined, true],
    [
      "changes with a variable, which is not expanded here",
      { changes: ["$DIR/*"] },
      undefined,
      false,
    ],
    ["changes that do not match", { changes: ["src/*"] }, undefined, false],
    ["kubernetes, which is never there", { kubernetes: "active" }, undefined, false],
    [
      "all keys of `only` hold",
      { ...refs("main"), variables: yes, changes: ["docs/*"] },
      undefined,
      true,
    ],
    ["one key of `only` does not hold", { ...refs("main"), variables: no }, undefined, false],
    ["refs of `only` do not hold", { ...refs("dev"), variables: yes }, undefined, false],
    ["one key of `except` holds", undefined, { ...refs("dev"), variables: yes }, false],
    [
      "no key of `except` holds",
      undefined,
      { ...refs("dev"), variables: no, changes: ["x"] },
      true,
    ],
    ["except kubernetes", undefined, { kubernetes: "active" }, true],
    ["except changes that match", undefined, { changes: ["docs/*"] }, false],
  ])("%s", async ([, only, except, expected]) => {
    expect(await decide(only, except)).toBe(expected);
  });

  test("`only` without refs still means branches and tags", async () => {
    expect(await decide({ variables: yes }, undefined, MERGE_REQUEST)).toBe(false);
    expect(
      await decide({ ...refs("merge_requests"), variables: yes }, undefined, MERGE_REQUEST),
    ).toBe(true);
  });

  test("changes always hold for a tag, so `except: changes` leaves it out", async () => {
    expect(await decide({ changes: ["src/*"] }, undefined, TAG)).toBe(true);
    expect(await decide(undefined, { changes: ["src/*"] }, TAG)).toBe(false);
  });
});
