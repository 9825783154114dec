import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { jobOf, pipelineOf, push, statusesOf } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

/** More than one item of the store can hold, however well it is packed. */
const large = () => randomBytes(600_000).toString("base64");

test("a pipeline whose jobs do not fit becomes a failed one that says so", async () => {
  const jobs = Array.from({ length: 300 }, (_, number) => {
    const tags = Array.from({ length: 10 }, () => randomBytes(150).toString("base64url"));
    return `job-${number}: { script: [make], tags: [${tags.map((tag) => `"${tag}"`).join(", ")}] }`;
  });
  const id = await push(world, jobs.join("\n"));
  expect(await pipelineOf(world, id)).toMatchObject({ status: "failed", jobs: [] });
  expect(world.statuses.at(-1)).toMatchObject({
    state: "failed",
    description: expect.stringContaining("KB of state"),
  });
});

test("variables of a played job that do not fit are refused, and the job waits on", async () => {
  const id = await push(world, "build:\n  script: [make]\n  when: manual\n");
  const { id: jobId } = await jobOf(world, id, "build");
  await world.deps.store.tokens.put(world.deps.hash("owner"), { kind: "access", name: "owner" });
  const app = createApp({ service: world.deps, mayReadPages: async () => false });
  const answer = await app.request(`/api/slipway/jobs/${jobId}/play`, {
    method: "POST",
    headers: { authorization: "Bearer owner" },
    body: JSON.stringify({ variables: { LARGE: large() } }),
  });
  expect(answer.status).toBe(413);
  expect(await statusesOf(world, id)).toEqual({ build: "manual" });
  const played = await controlPipeline(world.deps, id, {
    type: "play",
    jobIds: [jobId],
    by: "ada",
  });
  expect(played.result).toBe("done");
});

test("a child whose variables do not fit fails its trigger job", async () => {
  world.files.set("child.yml", "leaf:\n  script: [make]\n");
  const id = await push(
    world,
    `start:\n  variables: { LARGE: "${large()}" }\n  trigger: { include: child.yml }\n`,
  );
  expect(await jobOf(world, id, "start")).toMatchObject({
    status: "failed",
    failureReason: "downstream_pipeline_creation_failed",
    failureMessage: expect.stringContaining("KB of state"),
  });
});
