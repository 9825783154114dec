import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForgeError } from "#forge/forge.ts";
import { lastValue } from "#language/variables.ts";
import { approveFork } from "#service/create/approve-fork.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { pipelineOf, takeNext } from "../driver.ts";
import { deliver, mergeRequestEvent, withSettings } from "../merge-request.ts";
import { makeWorld, project, sha, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(
    ".gitlab-ci.yml",
    "build:\n  script: [make]\n  only: [merge_requests]\nlint:\n  script: [lint]\n",
  );
});
afterEach(() => world.close());

const pipelines = () => world.deps.store.pipelines.list({ project, limit: 50 });

async function push(id: string, options: Parameters<World["webhook"]>[0] = {}): Promise<void> {
  const connection = { forge: "local", project };
  await receiveWebhook(
    world.deps,
    connection,
    world.webhook({ id, ref: "refs/heads/feature", ...options }),
  );
  await world.settle();
}

describe("a merge request", () => {
  test("that is opened makes a pipeline of the jobs that are meant for it", async () => {
    await deliver(world, world.deps, mergeRequestEvent());
    const [summary] = await pipelines();
    const pipeline = await pipelineOf(world, summary?.id ?? 0);
    expect(pipeline.facts.source).toBe("merge_request_event");
    expect(pipeline.jobs.map(({ name }) => name)).toEqual(["build"]);
    const job = await takeNext(world, pipeline.id);
    const value = (key: string) => job.variables.find((each) => each.key === key)?.value;
    expect({
      source: value("CI_PIPELINE_SOURCE"),
      branch: value("CI_COMMIT_BRANCH"),
      refName: value("CI_COMMIT_REF_NAME"),
      protected: value("CI_COMMIT_REF_PROTECTED"),
      before: value("CI_COMMIT_BEFORE_SHA"),
      iid: value("CI_MERGE_REQUEST_IID"),
      base: value("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
      refPath: value("CI_MERGE_REQUEST_REF_PATH"),
      type: value("CI_MERGE_REQUEST_EVENT_TYPE"),
    }).toEqual({
      source: "merge_request_event",
      branch: undefined,
      refName: "feature",
      protected: "false",
      before: "0".repeat(40),
      iid: "7",
      base: "b".repeat(40),
      refPath: "refs/merge-requests/7/head",
      type: "detached",
    });
    expect(job.git_info).toMatchObject({
      ref: "refs/merge-requests/7/head",
      refspecs: [
        `+${sha}:refs/pipelines/${pipeline.id}`,
        "+refs/merge-requests/7/head:refs/remotes/origin/merge-requests/7/head",
      ],
    });
  });

  test("compares with the commit at which it parted from its target", async () => {
    const asked: string[][] = [];
    const forge = world.deps.forges.get("local");
    const client = forge?.client(project);
    if (forge === undefined || client === undefined) throw new Error("no forge");
    const deps = {
      ...world.deps,
      forges: new Map([
        [
          "local",
          {
            ...forge,
            client: () => ({
              ...client,
              changedPaths: async (from: string, to: string) => {
                asked.push([from, to]);
                return ["src/a.ts"];
              },
            }),
          },
        ],
      ]),
    };
    world.files.set(
      ".gitlab-ci.yml",
      "build:\n  script: [make]\n  rules: [{changes: [src/**]}]\nother:\n  script: [make]\n  rules: [{changes: [docs/**]}]\n",
    );
    const outcome = await deliver(world, deps, mergeRequestEvent());
    expect(asked).toEqual([["b".repeat(40), sha]]);
    const id = outcome?.result === "created" ? outcome.pipelineId : 0;
    expect((await pipelineOf(world, id)).jobs.map(({ name }) => name)).toEqual(["build"]);
  });

  test.for<[string, Parameters<typeof mergeRequestEvent>[0]]>([
    ["closed", { action: "close" }],
    ["merged", { action: "merge" }],
  ])("that is %s makes none", async ([, wish]) => {
    expect(await deliver(world, world.deps, mergeRequestEvent(wish))).toMatchObject({
      result: "nothing",
    });
    expect(await pipelines()).toEqual([]);
  });

  test.for<[string, Parameters<typeof mergeRequestEvent>[0]]>([
    ["opened again", { action: "reopen" }],
    ["marked as ready", { action: "update" }],
    ["told of by another hook", {}],
    ["given other labels", { action: "update", labels: ["bug"] }],
  ])("that is %s at the same commit has one pipeline", async ([, wish]) => {
    await deliver(world, world.deps, mergeRequestEvent());
    await deliver(world, world.deps, mergeRequestEvent(wish));
    expect(await pipelines()).toHaveLength(1);
  });

  test("that goes back to an old commit makes a pipeline again", async () => {
    const other = "b".repeat(40);
    await deliver(world, world.deps, mergeRequestEvent());
    await deliver(
      world,
      world.deps,
      mergeRequestEvent({ action: "update", before: sha, sha: other }),
    );
    await deliver(world, world.deps, mergeRequestEvent({ action: "update", before: other }));
    expect(await pipelines()).toHaveLength(3);
  });

  test("cancels its own older pipelines, never those of a branch with the name of its own", async () => {
    const configuration =
      "build:\n  script: [make]\n  interruptible: true\n  rules: [{when: always}]\n";
    world.files.set(".gitlab-ci.yml", configuration);
    const other = "b".repeat(40);
    await push("on the branch");
    await deliver(world, world.deps, mergeRequestEvent({ iid: 8 }));
    await deliver(world, world.deps, mergeRequestEvent());
    await deliver(
      world,
      world.deps,
      mergeRequestEvent({ action: "update", before: sha, sha: other }),
    );
    const all = await Promise.all((await pipelines()).map(({ id }) => pipelineOf(world, id)));
    const told = all.map(({ facts, status }) => [facts.mergeRequest?.iid ?? "branch", status]);
    expect(told).toEqual([
      [7, "pending"],
      [7, "canceled"],
      [8, "pending"],
      ["branch", "pending"],
    ]);
  });
});

describe("the status of a merge request's pipeline", () => {
  test.for([
    ["the project itself", false, undefined],
    ["a fork", true, { sourceProjectId: 99, mergeRequestIid: 7 }],
  ] as const)(
    "from %s names the source project only where it is another",
    async ([, fork, told]) => {
      const deps = withSettings(world.deps, { forks: "approve" });
      await deliver(world, deps, mergeRequestEvent({ fork }));
      for (const { pipelineId } of await deps.store.approvals.listWaiting(1))
        await approveFork(deps, pipelineId, "grace");
      await world.settle();
      const [{ id } = { id: 0 }] = await pipelines();
      const last = world.statuses.filter(({ targetUrl }) => targetUrl.endsWith(`/${id}`)).at(-1);
      expect(last).toMatchObject({ sha, ref: "feature", context: "slipway/merge-request" });
      expect(last?.description).toBe("Waiting for a runner");
      expect(last?.fork).toEqual(told);
    },
  );
});

describe("a forge that does not tell", () => {
  const refusing = (away: boolean) => {
    const forge = world.deps.forges.get("local");
    const client = forge?.client(project);
    if (forge === undefined || client === undefined) throw new Error("no forge");
    const refuse = () => Promise.reject(new ForgeError("403", { retryable: away }));
    const changedPaths = async (from: string) => (from === "" ? ("unknown" as const) : []);
    const deaf = { ...client, changedPaths, readMergeBase: refuse, listOpenMergeRequests: refuse };
    const forges = new Map([["local", { ...forge, client: () => deaf }]]);
    return { ...world.deps, forges };
  };

  test("the merge base has everything count as changed", async () => {
    world.files.set(
      ".gitlab-ci.yml",
      "build:\n  script: [make]\n  rules: [{changes: [nothing/like/it]}]\n",
    );
    const outcome = await deliver(world, refusing(false), mergeRequestEvent());
    const id = outcome?.result === "created" ? outcome.pipelineId : 0;
    const { jobs, facts } = await pipelineOf(world, id);
    expect(facts.mergeRequest).toMatchObject({ targetSha: "", diffBaseSha: "" });
    expect(jobs).toHaveLength(1);
  });

  test("since it is away is asked again", async () => {
    await expect(deliver(world, refusing(true), mergeRequestEvent())).rejects.toThrow("403");
    expect(await pipelines()).toEqual([]);
  });
});

describe("a push and the merge request of its branch", () => {
  const both = "build:\n  script: [make]\n  rules: [{when: always}]\n";

  test("have a pipeline each where no rules say otherwise, told apart at the forge", async () => {
    world.files.set(".gitlab-ci.yml", both);
    world.openMergeRequests.push(7);
    await push("1");
    await deliver(world, world.deps, mergeRequestEvent());
    expect(await pipelines()).toHaveLength(2);
    expect([...new Set(world.statuses.map(({ context }) => context))]).toEqual([
      "slipway",
      "slipway/merge-request",
    ]);
  });

  test.for([["push first"], ["merge request first"]])(
    "have one under GitLab's workflow of merge requests before branches, %s",
    async ([order]) => {
      world.files.set(
        ".gitlab-ci.yml",
        `workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH
${both}`,
      );
      world.openMergeRequests.push(7, 9);
      if (order === "push first") await push("1");
      await deliver(world, world.deps, mergeRequestEvent());
      if (order !== "push first") await push("1");
      const [only, ...more] = await pipelines();
      expect(more).toEqual([]);
      const pipeline = await pipelineOf(world, only?.id ?? 0);
      expect(pipeline.facts.source).toBe("merge_request_event");
    },
  );

  test("of a branch without one is a branch pipeline that knows of none", async () => {
    world.files.set(".gitlab-ci.yml", both);
    await push("1");
    const [only] = await pipelines();
    const job = await takeNext(world, only?.id ?? 0);
    expect(job.variables.map(({ key }) => key)).not.toContain("CI_OPEN_MERGE_REQUESTS");
    expect(lastValue(job.variables, "CI_COMMIT_BRANCH")).toBe("feature");
  });
});
