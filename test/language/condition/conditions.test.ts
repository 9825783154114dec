import { describe, expect, test } from "vitest";
import { decideRules, type Rule } from "#language/condition/conditions.ts";
import type { PipelineFacts } from "#language/facts.ts";
import { pushFacts, ZEROS } from "../sample-facts.ts";
import { expression, STARTS, world } from "./condition-world.ts";

const { PUSH, TAG, MERGE_REQUEST, SCHEDULE, WEB, API, CHILD } = STARTS;
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
