import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { costText } from "#cli/cost-text.ts";
import { costRoutes } from "#functions/http/slipway/cost.ts";
import type { ComputeSize, Pipeline } from "#pipeline/pipeline.ts";
import { minutePrice } from "#project/prices.ts";
import { webhookCost } from "#project/webhook-cost.ts";
import type { CostReport } from "#service/view/cost.ts";
import { type CostDeps, costOfPipeline, costSince } from "#service/view/cost.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { memoryTable } from "../../../bench/simulation/memory-table.ts";
import { exampleEnvironment, exampleJob, examplePipeline } from "../../store/example-pipeline.ts";

const now = "2026-01-08T00:00:00.000Z";
let deps: CostDeps;

beforeEach(() => {
  deps = {
    store: dynamodbStore(memoryTable(() => 0).client, "memory"),
    now: () => Date.parse(now),
  };
});

/** One job of 100 s in an environment of 130 s. */
async function add(id: number, compute?: ComputeSize, changes: Partial<Pipeline> = {}) {
  await deps.store.pipelines.create(
    examplePipeline({
      id,
      status: "success",
      jobs: [
        exampleJob({
          id: id * 100_000 + 1,
          status: "success",
          environmentId: `p${id}-e1`,
          queuedAt: "2026-01-01T00:00:00.000Z",
          startedAt: "2026-01-01T00:00:25.000Z",
          finishedAt: "2026-01-01T00:02:05.000Z",
        }),
      ],
      environments: [
        exampleEnvironment({
          id: `p${id}-e1`,
          state: "ended",
          ...(compute && { compute }),
          startedAt: "2026-01-01T00:00:00.000Z",
          runningAt: "2026-01-01T00:00:25.000Z",
          endedAt: "2026-01-01T00:02:10.000Z",
        }),
      ],
      ...changes,
    }),
  );
}

describe("the cost of one pipeline", () => {
  test("is its environments' begun minutes at the price of their size", async () => {
    await add(1, "medium");
    expect(await costOfPipeline(deps, 1)).toMatchObject({
      billed: true,
      region: "us-east-1",
      pipelines: [
        { id: 1, compute: "medium", jobs: 1, environments: 1, minutes: 3, dollars: 0.03 },
      ],
    });
  });

  test("is given for the other executors with the provisioning that was recorded", async () => {
    await add(1, "small");
    const report = await costOfPipeline(deps, 1);
    expect(report?.assumed).toEqual({ provisioning_seconds: 25, leaving_seconds: 5 });
    expect(report?.total.as_if).toEqual([
      { executor: "docker-in-docker", environments: 1, minutes: 3, dollars: 0.015 },
      { executor: "docker-socket", environments: 1, minutes: 3, dollars: 0.015 },
      { executor: "shell", environments: 1, minutes: 3, dollars: 0.015 },
    ]);
  });

  test("has no dollars where the size has no price", async () => {
    await add(1, "2xlarge");
    const report = await costOfPipeline(deps, 1);
    expect(report?.pipelines[0]).toMatchObject({ compute: "2xlarge", minutes: 3 });
    expect(report?.pipelines[0]).not.toHaveProperty("dollars");
    expect(report && costText(report)).toContain("no price known");
  });

  test("is nothing on a machine that is not hired, which is said", async () => {
    await add(1);
    const report = await costOfPipeline(deps, 1);
    expect(report).toMatchObject({ billed: false, assumed: { provisioning_seconds: 60 } });
    expect(report && costText(report)).toContain("costs nothing by the minute");
  });

  test("of none is undefined", async () => {
    expect(await costOfPipeline(deps, 9)).toBeUndefined();
  });
});

describe("the cost of a time", () => {
  const since = "2026-01-01T00:00:00.000Z";

  test("sums by size and executor, without pipelines that are older or ran nothing", async () => {
    await add(1, "small", { createdAt: "2025-12-31T23:59:59.000Z" });
    await add(2, "small");
    await add(3, "large");
    await add(4, "small", { environments: [] });
    const { pipelines, total } = await costSince(deps, { since });
    expect(pipelines.map(({ id }) => id)).toEqual([3, 2]);
    expect(total).toMatchObject({
      pipelines: 2,
      jobs: 2,
      by_compute: [
        { compute: "large", environments: 1, minutes: 3, dollars: 0.06 },
        { compute: "small", environments: 1, minutes: 3, dollars: 0.015 },
      ],
    });
    expect(total.as_if[0]?.dollars).toBeCloseTo(0.075);
  });

  test("is that of one project where it is named", async () => {
    await add(1, "small", { project: "a/b" });
    await add(2, "small", { project: "a/c" });
    const { pipelines } = await costSince(deps, { project: "a/b", since });
    expect(pipelines.map(({ id }) => id)).toEqual([1]);
  });

  test("of nothing is said in words", async () => {
    expect(costText(await costSince(deps, { since }))).toContain("No pipeline ran a job");
  });
});

describe("the webhook path", () => {
  const page = readFileSync(new URL("../../../docs/cost.md", import.meta.url), "utf8");

  test("is in the report, and its terms make its sum", async () => {
    const { terms, dollars } = (await costSince(deps, { since: now })).webhooks_per_million;
    expect(terms.reduce((sum, term) => sum + term.dollars, 0)).toBeCloseTo(dollars);
  });

  test("costs on the page what the table of prices makes it cost", () => {
    const { terms, dollars } = webhookCost();
    for (const term of terms) {
      expect(page).toContain(`| ${term.what} | ${term.units} | $${term.dollars.toFixed(2)} |`);
    }
    expect(page).toContain(`**$${dollars.toFixed(2)}**`);
  });

  test.for(["small", "medium", "large"] as const)(
    "%s has on the page the price of the table",
    (size) => {
      expect(page).toContain(`| ${size} | $${minutePrice(size)} |`);
    },
  );
});

describe("the API", () => {
  async function ask(query: string): Promise<{ status: number; body: Partial<CostReport> }> {
    const answer = await costRoutes(deps).request(`/api/slipway/cost?${query}`);
    return { status: answer.status, body: (await answer.json()) as Partial<CostReport> };
  }

  test("answers for a pipeline, a project and a time", async () => {
    await add(1, "small");
    expect(await ask("pipeline=1")).toMatchObject({ status: 200, body: { billed: true } });
    expect((await ask("project=demo/app")).body.pipelines).toHaveLength(1);
    expect((await ask("since=2026-01-02T00:00:00Z")).body.pipelines).toHaveLength(0);
  });

  test.for([
    ["pipeline=2", 404],
    ["pipeline=x", 400],
    ["since=yesterday", 400],
  ] as const)("refuses %s with %i", async ([query, status]) => {
    expect((await ask(query)).status).toBe(status);
  });
});
