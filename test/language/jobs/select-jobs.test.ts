import { describe, expect, test } from "vitest";
import { selectJobs } from "#language/jobs/select-jobs.ts";
import type { Plan } from "#language/plan.ts";
import { compileCase } from "../compile-case.ts";

const text = `
stages: [build, test, deploy]
lint: { stage: build, script: make lint }
build: { stage: build, script: make, parallel: { matrix: [{ ARCH: [amd64, arm64] }] } }
shards: { stage: build, script: make shard, parallel: 2 }
unit: { stage: test, script: make test, needs: [build] }
report: { stage: test, script: make report, dependencies: [lint, shards] }
deploy: { stage: deploy, script: ./deploy.sh, when: manual, needs: [unit, { job: gone, optional: true }] }
later: { stage: deploy, script: ./later.sh, when: delayed, start_in: 1 hour }
mourn: { stage: deploy, script: echo failed, when: on_failure }
clean: { stage: deploy, script: echo clean, when: always }
`;

async function plan(): Promise<Plan> {
  const result = await compileCase(text);
  if (result.status !== "created") throw new Error(JSON.stringify(result.diagnostics));
  return result.plan;
}

describe("some jobs of a plan", () => {
  test.each([
    [["lint"], ["lint"], ["build"]],
    [["build"], ["build: [amd64]", "build: [arm64]"], ["build"]],
    [["build: [arm64]"], ["build: [arm64]"], ["build"]],
    [["shards"], ["shards 1/2", "shards 2/2"], ["build"]],
    [
      ["deploy"],
      ["build: [amd64]", "build: [arm64]", "unit", "deploy"],
      ["build", "test", "deploy"],
    ],
    [
      ["report", "lint"],
      ["lint", "report"],
      ["build", "test"],
    ],
  ])("%j are %j in the stages %j", async (names, jobs, stages) => {
    const selected = selectJobs(await plan(), names);
    expect(selected).toMatchObject({ plan: { stages } });
    expect("plan" in selected && selected.plan.jobs.map(({ name }) => name)).toEqual(jobs);
  });

  test.each([
    ["deploy", "on_success"],
    ["later", "on_success"],
    ["mourn", "on_success"],
    ["clean", "always"],
  ])("%s runs by itself when it is named: %s", async (name, when) => {
    const selected = selectJobs(await plan(), [name]);
    const job = "plan" in selected ? selected.plan.jobs.find((one) => one.name === name) : {};
    expect(job).toMatchObject({ when });
    expect(job).not.toHaveProperty("startInSeconds");
  });

  test("ask for the artifacts of those that are there only", async () => {
    const selected = selectJobs(await plan(), ["report", "lint"]);
    const report = "plan" in selected ? selected.plan.jobs[1] : undefined;
    expect(report?.dependencies).toEqual(["lint"]);
  });

  test("that do not exist are named, and a part of a name is no name", async () => {
    expect(selectJobs(await plan(), ["lint", "bui", "shard", "nothing"])).toEqual({
      unknown: ["bui", "shard", "nothing"],
    });
  });
});
