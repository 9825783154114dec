import { describe, expect, test } from "vitest";
import { decideOnlyExcept, decideRules, type OnlyPolicy, type Rule } from "#language/conditions.ts";
import type { Expression } from "#language/expression/expression.ts";
import { parseExpression } from "#language/expression/parse-expression.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { ConditionWorld } from "#language/path-conditions.ts";
import { parseRefPattern } from "#language/ref-pattern.ts";
import type { ConfigReader } from "#language/source.ts";
import { branch, mergeRequestFacts, pushFacts, tag, ZEROS } from "./sample-facts.ts";

const VARIABLES: Record<string, string> = { DEPLOY: "yes", DIR: "docs", TARGET: "main", EMPTY: "" };

function world(facts: PipelineFacts, reader: Partial<ConfigReader> = {}): ConditionWorld {
  return {
    facts,
    lookup: (name) => VARIABLES[name],
    reader: {
      local: async () => undefined,
      paths: async () => [],
      changedPaths: async () => {
        throw new Error("asked what changed");
      },
      ...reader,
    },
  };
}

function expression(text: string): Expression {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.expression;
}

function refs(...texts: string[]): OnlyPolicy {
  return {
    refs: texts.map((text) => {
      const parsed = parseRefPattern(text);
      if (!parsed.ok) throw new Error(parsed.message);
      return parsed.pattern;
    }),
  };
}

const PUSH = pushFacts();
const FEATURE = pushFacts(branch("feature/a"));
const TAG = pushFacts(tag("v1.2.0"));
const MERGE_REQUEST = mergeRequestFacts();
const SCHEDULE = pushFacts({ source: "schedule" });
const WEB = pushFacts({ source: "web" });
const API = pushFacts({ source: "api" });
const CHILD = pushFacts({ source: "parent_pipeline" });
const ON: Rule = { if: expression("true") };
const OFF: Rule = { if: expression("false") };

describe("rules", () => {
  test.for<[string, Rule[], object]>([
    ["no rules at all leave the job out", [], { outcome: "excluded" }],
    ["no match leaves the job out", [OFF], { outcome: "excluded" }],
    ["an empty rule matches", [{}], { outcome: "included", when: "on_success", index: 0 }],
    ["the first match wins", [OFF, ON, {}], { outcome: "included", index: 1 }],
    [
      "`never` leaves the job out",
      [{ ...ON, when: "never" }, {}],
      { outcome: "excluded", index: 0 },
    ],
    ["a rule's `when` counts", [{ when: "manual" }], { outcome: "included", when: "manual" }],
    [
      "what else the rule says is handed on",
      [
        {
          allowFailure: true,
          variables: [{ key: "A", value: "1" }],
          interruptible: false,
          needs: [],
        },
      ],
      { rule: { allowFailure: true, variables: [{ key: "A", value: "1" }], needs: [] } },
    ],
    [
      "a rule's delay counts",
      [{ when: "delayed", startInSeconds: 60 }],
      { when: "delayed", startInSeconds: 60 },
    ],
  ])("%s", async ([, rules, expected]) => {
    expect(await decideRules(rules, {}, world(PUSH))).toMatchObject(expected);
  });

  test("the job's `when` counts where the rule has none", async () => {
    const decision = await decideRules([{}], { when: "manual" }, world(PUSH));
    expect(decision).toMatchObject({ outcome: "included", when: "manual" });
  });

  test("all clauses of a rule must hold", async () => {
    const reader = { changedPaths: async () => ["a"], paths: async () => ["b"] };
    const holds = async (rule: Rule) =>
      (await decideRules([rule], {}, world(PUSH, reader))).outcome === "included";
    const changes = { paths: ["a"] };
    const exists = { paths: ["b"] };
    expect(await holds({ ...ON, changes, exists })).toBe(true);
    expect(await holds({ ...OFF, changes, exists })).toBe(false);
    expect(await holds({ ...ON, changes: { paths: ["x"] }, exists })).toBe(false);
    expect(await holds({ ...ON, changes, exists: { paths: ["x"] } })).toBe(false);
  });

  test("the repository is not asked where `if` has decided", async () => {
    const decision = await decideRules([{ ...OFF, changes: { paths: ["a"] } }], {}, world(PUSH));
    expect(decision).toEqual({ outcome: "excluded" });
  });
});

describe("rules:changes", () => {
  const decide = async (
    facts: PipelineFacts,
    changes: { paths: string[]; compareTo?: string },
    changed: readonly string[] | "unknown" | "no-such-ref",
  ) => {
    const asked: (string | undefined)[] = [];
    const changedPaths = async (compareTo?: string) => {
      asked.push(compareTo);
      return changed;
    };
    const decision = await decideRules([{ changes }], {}, world(facts, { changedPaths }));
    return { outcome: decision.outcome, decision, asked };
  };

  test.for<[string, string[], string[], "included" | "excluded"]>([
    ["a file that changed", ["Dockerfile"], ["Dockerfile"], "included"],
    ["a file that did not", ["Dockerfile"], ["README.md"], "excluded"],
    ["nothing changed", ["**/*"], [], "excluded"],
    ["any of several patterns", ["x", "src/**/*"], ["src/a/b.ts"], "included"],
    ["a variable that is set", ["$DIR/*"], ["docs/a"], "included"],
    ["a variable with braces", ["${DIR}/*"], ["docs/a"], "included"],
    ["an unknown variable stays as written", ["$NOPE/*"], ["$NOPE/a"], "included"],
    ["more than 50,000 comparisons", ["x", "y"], Array<string>(25_001).fill("z"), "included"],
    ["50,000 comparisons", ["x", "y"], Array<string>(25_000).fill("z"), "excluded"],
  ])("%s", async ([, paths, changed, expected]) => {
    expect((await decide(PUSH, { paths }, changed)).outcome).toBe(expected);
  });

  test.for<[string, PipelineFacts]>([
    ["a new branch", pushFacts({ commit: { ...PUSH.commit, beforeSha: ZEROS } })],
    ["a tag", TAG],
    ["a schedule", SCHEDULE],
    ["a manual pipeline", WEB],
    ["the API", API],
  ])("always hold for %s, without a look", async ([, facts]) => {
    expect(await decide(facts, { paths: ["x"] }, [])).toMatchObject({
      outcome: "included",
      asked: [],
    });
  });

  test.for<[string, PipelineFacts]>([
    ["an update of a branch", PUSH],
    ["a merge request", MERGE_REQUEST],
    ["a child pipeline", CHILD],
  ])("compare %s with its own base", async ([, facts]) => {
    expect(await decide(facts, { paths: ["x"] }, ["y"])).toMatchObject({
      outcome: "excluded",
      asked: [undefined],
    });
  });

  test("compare a tag, too, with what compare_to names, its variables expanded", async () => {
    const changes = { paths: ["x"], compareTo: "refs/heads/$TARGET" };
    expect(await decide(TAG, changes, ["y"])).toMatchObject({
      outcome: "excluded",
      asked: ["refs/heads/main"],
    });
  });

  test("hold where what changed cannot be told", async () => {
    expect((await decide(PUSH, { paths: ["x"] }, "unknown")).outcome).toBe("included");
  });

  test("a compare_to that is no ref is an error of the job", async () => {
    const { decision } = await decide(PUSH, { paths: ["x"], compareTo: "nope" }, "no-such-ref");
    expect(decision).toEqual({
      outcome: "invalid",
      index: 0,
      message: "rules:changes:compare_to is not a valid ref: `nope`",
    });
  });
});

describe("rules:exists", () => {
  const TREE = ["Dockerfile", "docs/a.md", "docs/deep/b.md", ".env", "we[ird", "app/src/x.ts"];
  const decide = async (paths: string[], tree: readonly string[] = TREE) =>
    (await decideRules([{ exists: { paths } }], {}, world(PUSH, { paths: async () => tree })))
      .outcome;

  test.for<[string[], "included" | "excluded"]>([
    [["Dockerfile"], "included"],
    [["dockerfile"], "excluded"],
    [["a.md"], "excluded"],
    [["*.md"], "excluded"],
    [["**/*.md"], "included"],
    [["docs/*.md"], "included"],
    [["docs/**/b.md"], "included"],
    [["*"], "included"],
    [[".e*"], "included"],
    [["nope", "docs/a.md"], "included"],
    [["docs"], "excluded"],
    [["docs/"], "included"],
    [["docs/deep/"], "included"],
    [["deep/"], "excluded"],
    [["app/*/"], "included"],
    [["docs/a.md/"], "excluded"],
    [["$DIR/a.md"], "included"],
    [["*.{yml,yaml}"], "excluded"],
    [["we[ird"], "excluded"],
    [[], "excluded"],
  ])("%j: %s", async ([paths, expected]) => {
    expect(await decide(paths)).toBe(expected);
  });

  test("hold when more than 50,000 comparisons would be needed", async () => {
    const tree = Array.from({ length: 50_001 }, (_, index) => `d/${index}`);
    expect(await decide(["**/nope"], tree)).toBe("included");
    expect(await decide(["**/nope"], tree.slice(1))).toBe("excluded");
  });

  test("a pattern for the top level does not count what lies below", async () => {
    const tree = Array.from({ length: 50_001 }, (_, index) => `d/${index}`);
    expect(await decide(["*.md"], tree)).toBe("excluded");
  });

  test("look into another project where the reader can", async () => {
    const projectPaths = async (project: string, ref?: string) =>
      project === "group/docs" && ref === "main" ? ["guide.md"] : undefined;
    const decide = (project: string, ref: string) => {
      const exists = { paths: ["guide.md"], project, ref };
      return decideRules([{ exists }], {}, world(PUSH, { projectPaths }));
    };
    expect(await decide("group/$DIR", "$TARGET")).toMatchObject({ outcome: "included" });
    expect(await decide("group/none", "v1")).toEqual({
      outcome: "invalid",
      index: 0,
      message:
        "rules:exists:project `group/none` at ref `v1` is not a project that this pipeline may read",
    });
  });
});

describe("only and except by refs", () => {
  const PIPELINES = { PUSH, FEATURE, TAG, MERGE_REQUEST, SCHEDULE, WEB, API, CHILD };
  const included = async (only?: OnlyPolicy, except?: OnlyPolicy) => {
    const names: string[] = [];
    for (const [name, facts] of Object.entries(PIPELINES)) {
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
