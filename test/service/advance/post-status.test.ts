import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectForge } from "#forge/connections.ts";
import { type CommitStatus, type Forge, ForgeError } from "#forge/forge.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import { untoldReports } from "#pipeline/report.ts";
import { transition } from "#pipeline/transition.ts";
import { toConnection } from "#project/connection.ts";
import { carryOut } from "#service/advance/carry-out.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { statusPause } from "#service/advance/status-pause.ts";
import { isoNow } from "#service/deps.ts";
import { makeSample, type Sample } from "../../forge/client-contract.ts";
import { githubDouble, githubProject } from "../../forge/doubles/github.ts";
import { gitlabDouble, gitlabProject } from "../../forge/doubles/gitlab.ts";
import { finish, pipelineOf, push, takeNext } from "../driver.ts";
import { makeWorld, project, type World } from "../world.ts";

let world: World;
let sample: Sample;
const stops: (() => Promise<void>)[] = [];
beforeAll(() => {
  sample = makeSample();
});
afterAll(() => sample.remove());
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(async () => {
  await world.close();
  for (const stop of stops.splice(0)) await stop();
});

type Post = (status: CommitStatus) => Promise<{ readonly forgePipelineId?: number }>;

/** The world's forge tells statuses this way from now on. */
function postWith(post: Post): void {
  const local = world.deps.forges.get("local");
  if (local === undefined) throw new Error("The world has no forge.");
  const client = { ...local.client(project), postStatus: post };
  const forges: ReadonlyMap<string, Forge> = new Map([
    ["local", { ...local, client: () => client }],
  ]);
  Object.assign(world.deps, { forges });
}

const one = "build: { script: [make] }\n";

describe("the statuses of a commit", () => {
  test("are told in order, however slow one of them is", async () => {
    const told: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    postWith(async ({ state }) => {
      if (told.length === 0) await gate;
      told.push(state);
      return {};
    });
    const ended = push(world, one).then(async (id) => finish(world, await takeNext(world, id)));
    // The whole pipeline runs while the first status is on its way.
    await expect
      .poll(async () => {
        const [pipeline] = await world.deps.store.pipelines.list({ project, limit: 1 });
        return pipeline?.status;
      })
      .toBe("pending");
    const [pipeline] = await world.deps.store.pipelines.list({ project, limit: 1 });
    await controlPipeline(world.deps, pipeline?.id ?? 0, { type: "cancel", by: "Ada" });
    open();
    await ended.catch(() => undefined);
    await world.settle();
    expect(told).toEqual(["pending", "canceled"]);
    expect((await pipelineOf(world, pipeline?.id ?? 0)).reported).toMatchObject([
      { state: "canceled" },
    ]);
  });

  test("of GitLab end right, whatever is slow, locked, broken or limited on the way", async () => {
    const fault = fc.constantFrom("none", "slow", "lost", "locked", "broken", "limited");
    const runs = fc.array(fault, { minLength: 1, maxLength: 8 });
    let clock = 0;
    Object.assign(world.deps, { now: () => Date.now() + clock });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(runs, async (faults) => {
        round += 1;
        const double = await gitlabDouble({ repository: sample.repository });
        const connection = toConnection("team", {
          kind: "gitlab",
          url: double.url,
          token: { secret: "token" },
          clone_token: { secret: "token" },
        });
        const client = connectForge(connection, async () => double.token).client(
          gitlabProject.path,
        );
        const left = [...faults];
        postWith(async (status) => {
          const next = left.shift() ?? "none";
          if (next === "slow") await sleep(5);
          if (next === "locked") double.failNext(1, { status: 409 });
          if (next === "broken") double.failNext(1, { status: 502 });
          if (next === "limited") throw new ForgeError("limited", { retryable: true, status: 429 });
          const answer = await client.postStatus(status);
          if (next === "lost") throw new ForgeError("the answer was lost", { retryable: true });
          return answer;
        });
        const id = await push(world, one, {
          sha: sample.second,
          ref: `refs/heads/branch-${round}`,
        });
        await finish(world, await takeNext(world, id));
        for (let look = 0; look < 12; look++) {
          clock += 3600_000;
          await world.deps.queue.send({ type: "pipeline", pipelineId: id });
          await world.settle();
        }
        const { stored, pipelines } = double.statuses;
        expect(stored.at(-1)?.state).toBe("success");
        expect(stored.filter(({ state }) => state !== "success")).toEqual([]);
        expect(pipelines).toHaveLength(1);
        await double.stop();
      }),
      { numRuns: 8 },
    );
  });

  test("of a GitHub App are one check that ends right, whatever is slow, lost or broken on the way", async () => {
    const fault = fc.constantFrom("none", "slow", "lost", "broken", "limited");
    const runs = fc.array(fault, { minLength: 1, maxLength: 8 });
    let clock = 0;
    Object.assign(world.deps, { now: () => Date.now() + clock });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(runs, async (faults) => {
        round += 1;
        const double = await githubDouble({ repository: sample.repository });
        const { id: appId, installation, privateKey } = double.app;
        const connection = toConnection("team", {
          kind: "github",
          url: double.url,
          app: { id: appId, installation, key: { secret: "key" } },
        });
        const client = connectForge(connection, async () => privateKey).client(githubProject);
        const left = [...faults];
        postWith(async (status) => {
          const next = left.shift() ?? "none";
          if (next === "slow") await sleep(5);
          if (next === "broken") throw new ForgeError("502", { retryable: true, status: 502 });
          if (next === "limited") throw new ForgeError("limited", { retryable: true, status: 403 });
          const answer = await client.postStatus(status);
          if (next === "lost") throw new ForgeError("the answer was lost", { retryable: true });
          return answer;
        });
        const ref = `refs/heads/branch-${round}`;
        const id = await push(world, one, { sha: sample.second, ref });
        const look = async () => {
          for (let count = 0; count < 10; count++) {
            clock += 3600_000;
            await world.deps.queue.send({ type: "pipeline", pipelineId: id });
            await world.settle();
          }
        };
        await finish(world, await takeNext(world, id), "failed");
        await look();
        await controlPipeline(world.deps, id, { type: "retry", by: "Ada" });
        await finish(world, await takeNext(world, id));
        await look();
        expect(double.checks.at(-1)).toMatchObject({
          name: "slipway",
          external_id: `${id}`,
          conclusion: "success",
          started_at: expect.stringMatching(/Z$/),
        });
        expect(double.checks.filter(({ status }) => status !== "completed")).toEqual([]);
        expect(double.statuses).toEqual([]);
        await double.stop();
      }),
      { numRuns: 6 },
    );
  });

  test("say which run they are about, since when, and whether it waits for a person", async () => {
    const told: CommitStatus[] = [];
    postWith(async (status) => {
      told.push(status);
      return {};
    });
    const manual =
      "deploy: { stage: deploy, when: manual, allow_failure: false, script: [make] }\n";
    const id = await push(world, `${one}${manual}`);
    expect(told.at(-1)?.run).toEqual({ pipelineId: id });
    await finish(world, await takeNext(world, id));
    await world.settle();
    const startedAt = (await pipelineOf(world, id)).startedAt;
    expect(told.at(-1)).toMatchObject({
      description: "Waiting for manual job deploy",
      run: { pipelineId: id, startedAt, waitsForPerson: true },
    });
    const jobIds = (await pipelineOf(world, id)).jobs.map((job) => job.id);
    await controlPipeline(world.deps, id, { type: "cancel", jobIds, by: "Ada" });
    await world.settle();
    expect(told.at(-1)?.run?.waitsForPerson).toBeUndefined();
  });

  test("that are due together are told by one telling", async () => {
    const pipeline = await pipelineOf(world, await push(world, one));
    let tellings = 0;
    const defer = async (): Promise<void> => {
      tellings++;
    };
    const settings = { ...pipeline.settings, statuses: "jobs" } as const;
    const untold = { ...pipeline, settings, reported: [] };
    expect(untoldReports(untold).map(({ context }) => context)).toEqual([
      "slipway",
      "slipway/build",
    ]);
    const due = transition(untold, { type: "look" }, isoNow(world.deps)).commands.filter(
      ({ type }) => type === "post_status",
    );
    await carryOut({ ...world.deps, defer }, pipeline, due, async () => undefined);
    expect(tellings).toBe(1);
  });

  test("that the forge refuses for good are not told again", async () => {
    let tries = 0;
    postWith(async () => {
      tries += 1;
      throw new ForgeError("no", { retryable: false, status: 403 });
    });
    const id = await push(world, one);
    await world.deps.queue.send({ type: "pipeline", pipelineId: id });
    await world.settle();
    expect(tries).toBe(1);
  });

  test("are one for each job too where the settings say so, and none for a job that did not begin", async () => {
    const { settings } = world.deps;
    Object.assign(world.deps, {
      settings: async (of: ProjectKey) => {
        const known = await settings(of);
        return known && { ...known, statuses: "jobs" };
      },
    });
    const double = await githubDouble({ repository: sample.repository });
    stops.push(double.stop);
    const connection = toConnection("hub", {
      kind: "github",
      url: double.url,
      token: { secret: "token" },
      clone_token: { secret: "token" },
    });
    postWith(connectForge(connection, async () => double.token).client(githubProject).postStatus);
    const configuration =
      "stages: [test, deploy]\nunit: { stage: test, script: [make] }\nlint: { stage: test, script: [lint], allow_failure: true }\nship: { stage: deploy, script: [ship] }\nby-hand: { stage: deploy, script: [ship], when: manual }\n";
    const id = await push(world, configuration, { sha: sample.second });
    for (let job = 0; job < 2; job++) {
      const taken = await takeNext(world, id);
      await finish(world, taken, taken.job_info.name === "lint" ? "failed" : "success");
    }
    const last = await takeNext(world, id);
    await finish(world, last, "failed");
    const final = new Map(double.statuses.map((status) => [status.context, status]));
    expect([...final.keys()].sort()).toEqual([
      "slipway",
      "slipway/lint",
      "slipway/ship",
      "slipway/unit",
    ]);
    expect(final.get("slipway")).toMatchObject({ state: "failure" });
    expect(final.get("slipway/unit")).toMatchObject({ state: "success" });
    expect(final.get("slipway/lint")).toMatchObject({
      state: "success",
      description: expect.stringContaining("allowed to fail"),
    });
    expect(final.get("slipway/ship")).toMatchObject({ state: "failure" });
    expect((await pipelineOf(world, id)).reported).toHaveLength(4);
  });
});

test.for<[string, Parameters<typeof statusPause>[0], number, number]>([
  ["a lock, first", { status: 409, waitMilliseconds: undefined }, 1, 2_000],
  ["a lock, often", { status: 409, waitMilliseconds: undefined }, 30, 60_000],
  ["an outage, first", { status: 503, waitMilliseconds: undefined }, 1, 5_000],
  ["an outage, third", { status: undefined, waitMilliseconds: undefined }, 3, 20_000],
  ["an outage, long", { status: 500, waitMilliseconds: undefined }, 99, 600_000],
  ["a limit of its own", { status: 429, waitMilliseconds: 90_000 }, 1, 90_000],
  ["a limit of days", { status: 429, waitMilliseconds: 1e9 }, 1, 3_600_000],
])("after %s the forge is left alone for a time", ([, error, failures, expected]) => {
  expect(statusPause(error, failures)).toBe(expected);
});
