import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForgeError } from "#forge/forge.ts";
import { approveFork } from "#service/create/approve-fork.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { jobOf, pipelineOf, takeNext } from "../driver.ts";
import { deliver, mergeRequestEvent, withSettings } from "../merge-request.ts";
import { makeWorld, project, sha, type World } from "../world.ts";

let world: World;
let deps: ServiceDeps;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(
    ".gitlab-ci.yml",
    `build:
  image: "builder:$PLAIN"
  script: [make]
  cache: {key: $PLAIN, paths: [out]}
  id_tokens: {CLOUD: {aud: cloud}}
  environment: production
  rules: [{if: $CI_MERGE_REQUEST_ID}]
`,
  );
  await world.deps.secrets.rotate("deploy-key", "s3cret-value");
  const variable = {
    masked: false,
    protected: false,
    file: false,
    raw: false,
    environmentScope: "*",
  };
  deps = withSettings(world.deps, {
    forks: "approve",
    variables: [
      { key: "PLAIN", value: { plain: "7" }, ...variable },
      { key: "DEPLOY_KEY", value: { secret: "deploy-key" }, ...variable },
    ],
  });
});
afterEach(() => world.close());

const fork = (wish: Parameters<typeof mergeRequestEvent>[0] = {}) =>
  mergeRequestEvent({ fork: true, sourceBranch: "main", ...wish });
const pipelines = () => world.deps.store.pipelines.list({ project, limit: 50 });
const waiting = () => world.deps.store.approvals.listWaiting(50);

describe("a fork's merge request", () => {
  test("builds nothing unless the settings allow it, and the delivery says how", async () => {
    expect(await deliver(world, world.deps, fork())).toEqual({
      result: "nothing",
      why: expect.stringContaining("set `forks: approve` for group/app"),
    });
    expect([await pipelines(), await waiting(), world.statuses]).toEqual([[], [], []]);
  });

  test("waits for approval, and its commit says what to do", async () => {
    expect(await deliver(world, deps, fork())).toMatchObject({ result: "nothing" });
    expect(await pipelines()).toEqual([]);
    const [asked] = await waiting();
    expect(asked).toMatchObject({ mergeRequestIid: 7, sourceProject: "stranger/app", sha });
    expect(world.statuses).toEqual([
      {
        sha,
        ref: "main",
        context: "slipway/merge-request",
        state: "pending",
        description: `Waits for approval: slipway approve ${asked?.pipelineId}`,
        targetUrl: `http://slipway.test/group/app/-/pipelines/${asked?.pipelineId}`,
        run: { pipelineId: asked?.pipelineId, waitsForPerson: true },
        fork: { sourceProjectId: 99, mergeRequestIid: 7 },
      },
    ]);
  });

  test("is built once it is approved, with who did it, however often they do", async () => {
    await deliver(world, deps, fork());
    const id = (await waiting())[0]?.pipelineId ?? 0;
    const first = await approveFork(deps, id, "grace");
    const second = await approveFork(deps, id, "mallory");
    await world.settle();
    expect(first).toMatchObject({ by: "grace", outcome: { result: "created", pipelineId: id } });
    expect(second).toMatchObject({ by: "grace", outcome: { result: "created", pipelineId: id } });
    expect(await pipelines()).toHaveLength(1);
    expect(await waiting()).toEqual([]);
    const { diagnostics, facts } = await pipelineOf(world, id);
    expect(facts.mergeRequest?.fork).toBe(true);
    expect(diagnostics.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("From the fork stranger/app, approved by grace"),
    );
    expect(await deliver(world, deps, fork({ action: "reopen" }))).toMatchObject({
      pipelineId: id,
    });
  });

  test("is approved for good although the service died before the pipeline was made", async () => {
    await deliver(world, deps, fork());
    const id = (await waiting())[0]?.pipelineId ?? 0;
    await world.deps.store.approvals.approve(id, "grace", "2026-11-21T09:00:00Z");
    expect(await pipelines()).toEqual([]);
    expect(await deliver(world, deps, fork())).toMatchObject({ result: "created", pipelineId: id });
  });

  test("with a new commit needs a new approval, and the old question is taken back", async () => {
    await deliver(world, deps, fork());
    const [old] = await waiting();
    const other = "b".repeat(40);
    await deliver(world, deps, fork({ action: "update", before: sha, sha: other }));
    const [now, ...more] = await waiting();
    expect([now?.sha, more]).toEqual([other, []]);
    expect(await approveFork(deps, old?.pipelineId ?? 0, "grace")).toEqual({ result: "unknown" });
    await approveFork(deps, now?.pipelineId ?? 0, "grace");
    await deliver(world, deps, fork({ action: "update", before: other, sha: "c".repeat(40) }));
    expect(await pipelines()).toHaveLength(1);
    expect(await waiting()).toMatchObject([{ sha: "c".repeat(40) }]);
  });

  test("that is closed needs none any more", async () => {
    await deliver(world, deps, fork());
    await deliver(world, deps, fork({ iid: 8 }));
    await deliver(world, deps, fork({ action: "close" }));
    expect(await waiting()).toMatchObject([{ mergeRequestIid: 8 }]);
  });

  test("for which nothing is to run says so instead of waiting for ever", async () => {
    world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n  only: [branches]\n");
    await deliver(world, deps, fork());
    const id = (await waiting())[0]?.pipelineId ?? 0;
    expect(await approveFork(deps, id, "grace")).toMatchObject({ outcome: { result: "nothing" } });
    expect(world.statuses.at(-1)).toMatchObject({
      state: "skipped",
      description: "no job of .gitlab-ci.yml is meant for main",
    });
  });

  test("is asked about although the forge takes no status for it", async () => {
    const refusing = withStatuses(deps, new ForgeError("403", { retryable: false }));
    await deliver(world, refusing, fork());
    expect(await waiting()).toHaveLength(1);
    const away = withStatuses(deps, new ForgeError("away", { retryable: true }));
    await expect(deliver(world, away, fork())).rejects.toThrow("away");
    expect(await waiting()).toHaveLength(1);
  });
});

describe("a job of a fork's merge request", () => {
  async function approved() {
    await deliver(world, deps, fork());
    const id = (await waiting())[0]?.pipelineId ?? 0;
    await approveFork(deps, id, "grace");
    await world.settle();
    return id;
  }

  test("sees no variables of the project, no ID tokens, and fills no cache", async () => {
    const id = await approved();
    const job = await takeNext({ ...world, deps }, id);
    const text = JSON.stringify(job);
    for (const word of ["s3cret-value", "DEPLOY_KEY", "PLAIN=", "CLOUD"])
      expect(text).not.toContain(word);
    expect(job.image?.name).toBe("builder:$PLAIN");
    expect(job.cache.map(({ policy }) => policy)).toEqual(["pull"]);
    expect(job.git_info.protected).toBe(false);
  });

  test("may pull from the registry and not push, whatever its branch is called", async () => {
    const asked: boolean[] = [];
    const registry = {
      ...deps.registry,
      jobCredentials: async (wish: Parameters<typeof deps.registry.jobCredentials>[0]) => {
        asked.push(wish.canPush);
        return deps.registry.jobCredentials(wish);
      },
    };
    const id = await approved();
    const job = await takeNext({ ...world, deps: { ...deps, registry } }, id);
    expect(asked).toEqual([false]);
    const grant = await deps.store.tokens.get(deps.hash(job.token), new Date().toISOString());
    expect(grant).toMatchObject({ kind: "job", canPush: false });
  });

  test("leaves no deployment in the project's history", async () => {
    const id = await approved();
    await takeNext({ ...world, deps }, id);
    await world.settle();
    expect((await jobOf(world, id, "build")).status).toBe("running");
    expect(await deps.store.deployments.list(project)).toEqual([]);
  });

  test.for([
    ["private", true],
    ["public", false],
  ] as const)("of a %s project clones with a token: %s", async ([visibility, withToken]) => {
    const forge = deps.forges.get("local");
    const client = forge?.client(project);
    if (forge === undefined || client === undefined) throw new Error("no forge");
    const readProject = async () => {
      const found = await client.readProject();
      return found && { ...found, visibility };
    };
    deps = {
      ...deps,
      forges: new Map([["local", { ...forge, client: () => ({ ...client, readProject }) }]]),
    };
    const job = await takeNext({ ...world, deps }, await approved());
    expect(new URL(job.git_info.repo_url).password !== "").toBe(withToken);
  });
});

function withStatuses(from: ServiceDeps, error: ForgeError): ServiceDeps {
  const forge = from.forges.get("local");
  const client = forge?.client(project);
  if (forge === undefined || client === undefined) throw new Error("no forge");
  const postStatus = () => Promise.reject(error);
  return {
    ...from,
    forges: new Map([["local", { ...forge, client: () => ({ ...client, postStatus }) }]]),
  };
}
