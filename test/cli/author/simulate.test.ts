import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSlipway, scratch } from "./scratch.ts";

let project: ReturnType<typeof scratch>;
beforeAll(() => {
  project = scratch({
    "events.json": '[{"event": "drop", "jobs": ["build"]}, {"event": "retry", "jobs": ["build"]}]',
    "none.json": "[]",
  });
});
afterAll(() => project.remove());

describe("slipway simulate", () => {
  const text = "stages: [build, test]\nbuild: { stage: build, script: x }\ntest: { script: x }\n";
  const states = [
    {
      pipeline: "pending",
      stages: { build: "pending", test: "created" },
      jobs: { build: "pending", test: "created" },
    },
    {
      pipeline: "failed",
      stages: { build: "failed", test: "skipped" },
      jobs: { build: "failed", test: "skipped" },
    },
  ];

  test("prints the state after creation and after each event", async () => {
    const args = ["simulate", "-", "--events", "events.json", "--json"];
    const { code, stdout } = await runSlipway(project.path, args, text);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toHaveLength(3);
    expect(result.slice(0, 2)).toEqual(states);
    expect(result[2].jobs).toEqual({ build: "pending", test: "created" });
  });

  test("tells people what each event changed", async () => {
    const args = ["simulate", "-", "--events", "events.json"];
    const { stdout } = await runSlipway(project.path, args, text);
    expect(stdout).toContain("drop build: pipeline failed\n  build  pending → failed\n");
  });

  test("has one state for a skipped pipeline and none for a filtered one", async () => {
    const args = ["simulate", "-", "--events", "none.json", "--json"];
    const skipping = [...args, "--commit-message", "[ci skip]"];
    const [skipped, filtered] = await Promise.all([
      runSlipway(project.path, skipping, text),
      runSlipway(project.path, args, "build: { script: x, only: [tags] }"),
    ]);
    expect(JSON.parse(skipped.stdout)).toEqual([{ pipeline: "skipped", stages: {}, jobs: {} }]);
    expect([filtered.code, JSON.parse(filtered.stdout)]).toEqual([0, []]);
  });

  test("an invalid file ends with 1 and its diagnostics, an unknown job with 2", async () => {
    const args = ["simulate", "-", "--events", "events.json", "--json"];
    const invalid = await runSlipway(project.path, args, "build: { imgae: x, script: y }");
    expect([invalid.code, JSON.parse(invalid.stdout)]).toEqual([1, []]);
    expect(invalid.stderr).toContain("error unknown-key");
    const unknown = await runSlipway(project.path, args, "biuld: { script: x }");
    expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
    expect(unknown.stderr).toContain(
      "There is no job `build` in this pipeline. Did you mean `biuld`?",
    );
  });

  test.for(["parallel: 2", "parallel: { matrix: [{ A: [x, y] }] }"])(
    "an event names the instances of a job with %s",
    async (parallel) => {
      const args = ["simulate", "-", "--events", "events.json", "--json"];
      const file = `build: { script: x, ${parallel} }\nbuilt: { script: x }`;
      const { code, stderr } = await runSlipway(project.path, args, file);
      expect(code).toBe(2);
      expect(stderr).toContain("no job `build` in this pipeline. `build` is parallel: name its");
    },
  );
});
