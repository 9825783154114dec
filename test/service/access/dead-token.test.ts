import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobResponse } from "#runner/protocol.ts";
import { grantOfToken } from "#service/access/authorize-job.ts";
import { advancePipeline } from "#service/advance/advance-pipeline.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { openCacheWrite, readCache } from "#service/artifacts/cache.ts";
import { confirmUpload, openUpload } from "#service/artifacts/direct-upload.ts";
import { openArtifactForJob } from "#service/artifacts/download-artifacts.ts";
import { mayUpload, uploadArtifact } from "#service/artifacts/upload-artifacts.ts";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { finish, jobOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
let now: number;
beforeEach(async () => {
  now = Date.now();
  world = await makeWorld({ now: () => now });
});
afterEach(() => world.close());

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("poison");
}

/** What each door says to the token. */
async function doors(job: Pick<JobResponse, "id" | "token">): Promise<Record<string, unknown>> {
  const { deps } = world;
  const { id: jobId, token } = job;
  const upload = { jobId, token, type: "archive", format: "zip" } as const;
  return {
    cacheRead: (await readCache(deps, token, "k-protected")).answer,
    cacheWrite: (await openCacheWrite(deps, token, "k-protected")) === undefined ? "no" : "yes",
    artifactDown: (await openArtifactForJob(deps, jobId, token)).answer,
    artifactMay: (await mayUpload(deps, upload, 1)).answer,
    artifactUp: (await uploadArtifact(deps, upload, { name: "a.zip", stream: bytes() })).answer,
    artifactDirect: (await openUpload(deps, upload, 1)).answer,
    artifactConfirm: (await confirmUpload(deps, upload, "a.zip")).answer,
    trace: (await appendTrace(deps, { jobId, token, start: 0, bytes: new Uint8Array([120]) }))
      .answer,
    gitAndRegistry: (await grantOfToken(deps, deps.hash(token)))?.kind ?? "no",
    update: (await updateJob(deps, jobId, token, { state: "running" })).answer,
  };
}

const shut = {
  cacheRead: "forbidden",
  cacheWrite: "no",
  artifactDown: "forbidden",
  artifactMay: "forbidden",
  artifactUp: "forbidden",
  artifactDirect: "forbidden",
  artifactConfirm: "forbidden",
  trace: "forbidden",
  gitAndRegistry: "no",
  update: "forbidden",
};

const environmentGone = async (id: number) => {
  const { environmentId = "" } = await jobOf(world, id, "job");
  world.observations.set(environmentId, { state: "ended", problem: "killed" });
  await sweep(world.deps);
  await world.settle();
};

const endings: Record<string, (id: number, job: JobResponse) => Promise<unknown>> = {
  "its runner's success": (_, job) => finish(world, job),
  "its runner's failure": (_, job) => finish(world, job, "failed"),
  "the end of its environment, its runner being killed": environmentGone,
  "the end of its time": async (id) => {
    now += 3 * 3600 * 1000;
    await advancePipeline(world.deps, id, [{ type: "look" }]);
    await world.settle();
  },
  "being canceled, and its runner's silence": async (id) => {
    await controlPipeline(world.deps, id, { type: "cancel", by: "ada" });
    now += 3 * 3600 * 1000;
    await advancePipeline(world.deps, id, [{ type: "look" }]);
    await world.settle();
  },
  "being canceled, and its runner's word": async (id, job) => {
    await controlPipeline(world.deps, id, { type: "cancel", by: "ada" });
    await finish(world, job, "failed");
  },
  "a new attempt in its place": async (id) => {
    await environmentGone(id);
    await takeNext(world, id);
  },
};

describe("a job's token", () => {
  test("opens every door while the job runs", async () => {
    const id = await push(world, "job: {script: [x], retry: 2}");
    expect(await doors(await takeNext(world, id))).toEqual({
      ...{
        cacheRead: "absent",
        cacheWrite: "yes",
        artifactDown: "absent",
        artifactMay: "accepted",
      },
      ...{ artifactUp: "accepted", artifactDirect: "accepted", artifactConfirm: "invalid" },
      ...{ trace: "accepted", gitAndRegistry: "job", update: "done" },
    });
  });

  test.for(Object.keys(endings))("is dead at every door after %s", async (ending) => {
    const id = await push(world, "job: {script: [x], retry: 2}");
    const job = await takeNext(world, id);
    expect(await world.deps.store.tokens.get(world.deps.hash(job.token), "2000")).toBeDefined();
    await endings[ending]?.(id, job);
    expect(await doors(job)).toEqual(shut);
    expect(await world.deps.store.tokens.get(world.deps.hash(job.token), "2000")).toBeUndefined();
  });

  test("is dead although taking it out failed", async () => {
    const id = await push(world, "job: {script: [x]}");
    const job = await takeNext(world, id);
    const { tokens } = world.deps.store;
    Object.assign(world.deps, {
      store: {
        ...world.deps.store,
        tokens: { ...tokens, revoke: () => Promise.reject(new Error("throttled")) },
      },
    });
    await finish(world, job);
    expect(await doors(job)).toEqual(shut);
  });
});
