import { describe, expect, test } from "vitest";
import {
  type DownstreamRequest,
  downstreamVariables,
} from "#language/scope/downstream-variables.ts";
import type { Variable } from "#language/variables.ts";
import { plannedJob, pushFacts } from "../sample-facts.ts";

const set = (key: string, value: string): Variable => ({ key, value });

function passed(
  own: readonly Variable[],
  changes: Partial<DownstreamRequest> = {},
  forward: { readonly yaml?: boolean; readonly pipeline?: boolean } = {},
): Record<string, string> {
  const trigger = {
    include: ["child.yml"],
    forwardYamlVariables: forward.yaml ?? true,
    forwardPipelineVariables: forward.pipeline ?? false,
  };
  const result = downstreamVariables({
    facts: pushFacts(),
    identity: { id: 42, iid: 5, url: "https://x/42", createdAt: "2026-01-02T03:04:06Z" },
    job: plannedJob({ variables: own, trigger }),
    dotenv: [],
    pipelineVariables: [],
    manualVariables: [],
    ...changes,
  });
  if ("error" in result) throw new Error(result.error);
  return Object.fromEntries(result.variables.map(({ key, value }) => [key, value]));
}

describe("a child pipeline is given", () => {
  test.for([
    ["predefined variables", [set("A", "$CI_COMMIT_REF_NAME/$CI_PIPELINE_ID")], { A: "main/42" }],
    ["one another", [set("A", "$B"), set("B", "b")], { A: "b", B: "b" }],
    [
      "unknown names, for the child's jobs",
      [set("A", "$PROJECT_SECRET!")],
      { A: "$PROJECT_SECRET!" },
    ],
    ["nothing when raw", [{ ...set("A", "$CI_PIPELINE_ID"), raw: true }], { A: "$CI_PIPELINE_ID" }],
  ] as const)("the job's variables, with %s filled in", ([, own, expected]) => {
    expect(passed(own)).toEqual(expected);
  });

  test("variables of dotenv reports through the job's own", () => {
    expect(passed([set("A", "$VERSION")], { dotenv: [set("VERSION", "1.2")] })).toEqual({
      A: "1.2",
    });
  });

  test("the job's own value also where the pipeline's wins in this pipeline", () => {
    const pipelineVariables = [set("A", "from the pipeline"), set("B", "b")];
    expect(passed([set("A", "mine $B")], { pipelineVariables })).toEqual({ A: "mine b" });
  });

  test("the pipeline's variables when they are forwarded, above the job's", () => {
    const given = {
      pipelineVariables: [set("A", "pipeline")],
      manualVariables: [set("B", "hand")],
    };
    expect(passed([set("A", "own")], given, { pipeline: true })).toEqual({
      A: "pipeline",
      B: "hand",
    });
  });

  test("nothing when nothing is forwarded", () => {
    expect(passed([set("A", "own")], {}, { yaml: false })).toEqual({});
  });

  test("nothing by a circle, which is an error", () => {
    expect(() => passed([set("A", "$B"), set("B", "$A")])).toThrow("circular");
  });
});
