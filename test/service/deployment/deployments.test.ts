import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { uploadArtifact } from "#service/artifacts/upload-artifacts.ts";
import { sweep } from "#service/sweep/sweep.ts";
import type { DeploymentEnvironmentView } from "#service/view/deployment-environment-view.ts";
import { finish, jobOf, pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, project, sha, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

async function environments(): Promise<readonly DeploymentEnvironmentView[]> {
  await world.deps.store.tokens.put(world.deps.hash("owner"), { kind: "access", name: "owner" });
  const app = createApp({ service: world.deps, mayReadPages: async () => false });
  const answer = await app.request(`/api/slipway/deployment-environments?project=${project}`, {
    headers: { authorization: "Bearer owner" },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as readonly DeploymentEnvironmentView[];
}

async function deploy(name: string, options = {}, state: "success" | "failed" = "success") {
  const id = await push(
    world,
    `deploy:\n  script: [make]\n  environment: { name: ${name}, url: "https://$CI_ENVIRONMENT_SLUG.test" }\n`,
    options,
  );
  const job = await takeNext(world, id);
  await finish(world, job, state);
  return { id, job };
}

const review = `stages: [deploy]
deploy:
  stage: deploy
  script: [make]
  environment: { name: review/$CI_COMMIT_REF_SLUG, on_stop: stop }
stop:
  stage: deploy
  script: [make stop]
  needs: [deploy]
  when: manual
  environment: { name: review/$CI_COMMIT_REF_SLUG, action: stop }
`;

describe("a job with an environment", () => {
  test("gets CI_ENVIRONMENT_*, and variables that are meant for the environment by its expanded name", async () => {
    const { settings } = world.deps;
    const scoped = { masked: false, protected: false, file: false, raw: false };
    const variables: ProjectSettings["variables"] = [
      { key: "FOR", value: { plain: "review" }, ...scoped, environmentScope: "review/*" },
      { key: "NOT_FOR", value: { plain: "live" }, ...scoped, environmentScope: "production" },
    ];
    Object.assign(world.deps, {
      settings: async (of: ProjectKey) => {
        const known = await settings(of);
        return known && { ...known, variables };
      },
    });
    const { job } = await deploy("review/$CI_COMMIT_REF_NAME");
    const given = Object.fromEntries(job.variables.map(({ key, value }) => [key, value]));
    expect(given).toMatchObject({
      CI_ENVIRONMENT_NAME: "review/main",
      CI_ENVIRONMENT_SLUG: expect.stringMatching(/^review-main-/),
      CI_ENVIRONMENT_URL: expect.stringMatching(/^https:\/\/review-main-.*\.test$/),
      CI_ENVIRONMENT_ACTION: "start",
      CI_ENVIRONMENT_TIER: "development",
      FOR: "review",
    });
    expect(given).not.toHaveProperty("NOT_FOR");
  });

  test("is a deployment: who, what, when and where to", async () => {
    const { id, job } = await deploy("production");
    expect(await environments()).toEqual([
      {
        name: "production",
        slug: "production",
        tier: "production",
        state: "available",
        external_url: "https://production.test",
        last_deployment: expect.objectContaining({ job: job.id, status: "success" }),
        deployments: [
          {
            job: job.id,
            job_name: "deploy",
            pipeline: id,
            action: "start",
            status: "success",
            ref: "main",
            sha,
            by: "ada",
            url: "https://production.test",
            started_at: expect.any(String),
            finished_at: expect.any(String),
          },
        ],
      },
    ]);
  });

  test.each([
    ["in the file", "javascript:alert(3)"],
    ["in capitals", "JaVaScRiPt:alert(3)"],
    ["by data", "data:text/html,<script>alert(3)</script>"],
    ["by a program's scheme", "vscode://file/etc/passwd"],
    ["of a file", "file:///etc/passwd"],
    ["by a variable", "$BAD:alert(3)"],
    ["by a dotenv report", "$REPORTED"],
  ])("has no link that is not http(s): %s", async (_where, url) => {
    const id = await push(
      world,
      `deploy:\n  script: [make]\n  artifacts: { reports: { dotenv: .env } }\n  variables: { BAD: javascript }\n  environment: { name: staging, url: ${JSON.stringify(url)} }\n`,
    );
    const job = await takeNext(world, id);
    const report = gzipSync(Buffer.from("REPORTED=javascript:alert(3)\n"));
    const uploaded = await uploadArtifact(
      world.deps,
      { jobId: job.id, token: job.token, type: "dotenv", format: "gzip" },
      { name: ".env.gz", stream: new Blob([report]).stream() },
    );
    expect(uploaded).toEqual({ answer: "accepted" });
    await finish(world, job);
    const [environment] = await environments();
    expect(environment).toMatchObject({ name: "staging", deployments: [{ status: "success" }] });
    expect(environment).not.toHaveProperty("external_url");
    expect(environment?.deployments[0]).not.toHaveProperty("url");
    expect(JSON.stringify(environment)).not.toMatch(/script:|vscode|file:|data:/i);
  });

  test("shows no link of another scheme that an earlier version recorded", async () => {
    const { id, job } = await deploy("production");
    const { project: stored } = await pipelineOf(world, id);
    const [recorded] = await world.deps.store.deployments.list(stored);
    const [deployment] = recorded?.deployments ?? [];
    if (recorded === undefined || deployment === undefined) throw new Error("Nothing is recorded.");
    await world.deps.store.deployments.record(stored, recorded, {
      ...deployment,
      url: "javascript:alert(3)",
    });
    const [environment] = await environments();
    expect(environment?.last_deployment?.job).toBe(job.id);
    expect(JSON.stringify(environment)).not.toContain("javascript");
  });

  test("that fails leaves the deployment before it the last one", async () => {
    const first = await deploy("production");
    const second = await deploy("production", { sha: "b".repeat(40) }, "failed");
    const [environment] = await environments();
    expect(environment?.last_deployment?.job).toBe(first.job.id);
    expect(environment?.deployments.map(({ job, status }) => [job, status])).toEqual([
      [second.job.id, "failed"],
      [first.job.id, "success"],
    ]);
  });

  test("shows while it runs", async () => {
    const id = await push(world, "deploy:\n  script: [make]\n  environment: staging\n");
    await takeNext(world, id);
    expect((await environments())[0]).toMatchObject({
      name: "staging",
      deployments: [{ status: "running" }],
    });
  });

  test.for(["prepare", "verify", "access"])("and action %s is none", async (action) => {
    const id = await push(
      world,
      `deploy:\n  script: [make]\n  environment: { name: staging, action: ${action} }\n`,
    );
    await finish(world, await takeNext(world, id));
    expect(await environments()).toEqual([]);
  });

  test("whose record was lost is recorded by the sweep", async () => {
    const { defer } = world.deps;
    const id = await push(world, "deploy:\n  script: [make]\n  environment: staging\n");
    const job = await takeNext(world, id);
    Object.assign(world.deps, { defer: async () => undefined });
    await finish(world, job);
    Object.assign(world.deps, { defer });
    expect((await environments())[0]?.deployments).toMatchObject([{ status: "running" }]);
    for (const started of world.started) world.observations.set(started.id, { state: "ended" });
    await sweep(world.deps);
    await world.settle();
    expect((await environments())[0]?.deployments).toMatchObject([{ status: "success" }]);
    expect(await world.deps.store.pipelines.listOpen()).toEqual([]);
  });
});

describe("a job that stops an environment", () => {
  test("is manual, and the environment is stopped when it was played", async () => {
    const id = await push(world, review, { ref: "refs/heads/topic" });
    await finish(world, await takeNext(world, id));
    expect(await statusesOf(world, id)).toEqual({ deploy: "success", stop: "manual" });
    expect(await environments()).toMatchObject([{ name: "review/topic", state: "available" }]);
    const { id: jobId } = await jobOf(world, id, "stop");
    await controlPipeline(world.deps, id, { type: "play", jobIds: [jobId], by: "bob" });
    await world.settle();
    await finish(world, await takeNext(world, id));
    expect(await environments()).toMatchObject([
      {
        state: "stopped",
        deployments: [
          { action: "stop", by: "bob" },
          { action: "start", by: "ada" },
        ],
      },
    ]);
  });

  test("is played when the branch is deleted", async () => {
    const id = await push(world, review, { ref: "refs/heads/topic" });
    await finish(world, await takeNext(world, id));
    const gone = "0".repeat(40);
    await push(world, review, { ref: "refs/heads/other", sha: gone, before: sha });
    expect((await jobOf(world, id, "stop")).status).toBe("manual");
    await push(world, review, { ref: "refs/heads/topic", sha: gone, before: sha });
    expect(await jobOf(world, id, "stop")).toMatchObject({
      status: "pending",
      playedBy: { login: "deletion of topic" },
    });
  });
});
