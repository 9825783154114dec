import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { controlPipeline } from "#service/advance/control.ts";
import { createChild } from "#service/advance/create-child.ts";
import { readPlan } from "#service/read-plan.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { finish, jobOf, pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, project, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set("child.yml", "leaf:\n  script: [echo $GREETING]\n");
});
afterEach(() => world.close());

function parentWith(trigger: string, more = ""): string {
  return `stages: [start, after]
start:
  stage: start
  variables: { GREETING: "hello $CI_COMMIT_BRANCH" }
  trigger: ${trigger}
${more}after:
  stage: after
  script: [make]
`;
}

async function childOf(id: number): Promise<number> {
  const { childPipelineId } = await jobOf(world, id, "start");
  if (childPipelineId === undefined) throw new Error("There is no child pipeline.");
  return childPipelineId;
}

describe("a trigger job", () => {
  test("without a strategy has succeeded once its child is there, and goes to no runner", async () => {
    const parent = await push(world, parentWith("{ include: child.yml }"));
    expect(await statusesOf(world, parent)).toEqual({ start: "success", after: "pending" });
    const child = await pipelineOf(world, await childOf(parent));
    expect(child).toMatchObject({
      parent: { pipelineId: parent, jobId: (await jobOf(world, parent, "start")).id },
      facts: { source: "parent_pipeline", commit: { sha: "a".repeat(40) } },
      variables: [{ key: "GREETING", value: "hello main" }],
    });
    expect((await takeNext(world, parent)).job_info.name).toBe("after");
  });

  test("gives its child's jobs CI_PIPELINE_SOURCE and its variables, above the child's own", async () => {
    world.files.set("child.yml", "leaf:\n  variables: { GREETING: mine }\n  script: [make]\n");
    const parent = await push(world, parentWith("{ include: child.yml }"));
    const job = await takeNext(world, await childOf(parent));
    const variables = Object.fromEntries(job.variables.map(({ key, value }) => [key, value]));
    expect(variables).toMatchObject({
      CI_PIPELINE_SOURCE: "parent_pipeline",
      GREETING: "hello main",
    });
  });

  test.for([
    ["depend", "success", "success"],
    ["depend", "failed", "failed"],
    ["mirror", "success", "success"],
    ["mirror", "failed", "failed"],
  ] as const)(
    "with strategy %s waits for its child: %s gives %s",
    async ([strategy, end, status]) => {
      const parent = await push(world, parentWith(`{ include: child.yml, strategy: ${strategy} }`));
      expect((await statusesOf(world, parent)).after).toBe("created");
      const leaf = await takeNext(world, await childOf(parent));
      expect((await statusesOf(world, parent)).start).toBe("running");
      await finish(world, leaf, end);
      expect(await statusesOf(world, parent)).toEqual({
        start: status,
        after: status === "success" ? "pending" : "skipped",
      });
    },
  );

  test.for([
    ["depend", "running"],
    ["mirror", "manual"],
  ] as const)(
    "with strategy %s is %s while its child waits for a person",
    async ([strategy, status]) => {
      world.files.set("child.yml", "leaf:\n  rules: [{ when: manual }]\n  script: [make]\n");
      const parent = await push(world, parentWith(`{ include: child.yml, strategy: ${strategy} }`));
      expect((await statusesOf(world, parent)).start).toBe(status);
    },
  );

  test("follows a child that was retried, and its dependants run after all", async () => {
    const parent = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const child = await childOf(parent);
    await finish(world, await takeNext(world, child), "failed");
    expect(await pipelineOf(world, parent)).toMatchObject({ status: "failed" });
    await controlPipeline(world.deps, child, { type: "retry", by: "ada" });
    await world.settle();
    expect(await statusesOf(world, parent)).toEqual({ start: "running", after: "created" });
    await finish(world, await takeNext(world, child));
    expect(await statusesOf(world, parent)).toEqual({ start: "success", after: "pending" });
  });

  test("retried itself makes another child", async () => {
    const parent = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const first = await childOf(parent);
    await finish(world, await takeNext(world, first), "failed");
    await controlPipeline(world.deps, parent, { type: "retry", by: "ada" });
    await world.settle();
    expect(await childOf(parent)).not.toBe(first);
  });

  test("that is manual makes its child when it is played", async () => {
    const parent = await push(
      world,
      parentWith("{ include: child.yml }", "  when: manual\n  allow_failure: false\n"),
    );
    const start = await jobOf(world, parent, "start");
    expect(start).toMatchObject({ status: "manual" });
    expect(start.childPipelineId).toBeUndefined();
    await controlPipeline(world.deps, parent, { type: "play", jobIds: [start.id], by: "ada" });
    await world.settle();
    expect(await pipelineOf(world, await childOf(parent))).toMatchObject({ status: "pending" });
  });

  test("passes the pipeline's variables only when it says so", async () => {
    const pushOptions = { ci: { variable: "WHO=me" } };
    const closed = await push(world, parentWith("{ include: child.yml }"), { pushOptions });
    expect(
      (await pipelineOf(world, await childOf(closed))).variables.map(({ key }) => key),
    ).toEqual(["GREETING"]);
    const open = await push(
      world,
      parentWith(
        "{ include: child.yml, forward: { pipeline_variables: true, yaml_variables: false } }",
      ),
      { sha: "b".repeat(40), pushOptions },
    );
    expect((await pipelineOf(world, await childOf(open))).variables).toEqual([
      { key: "WHO", value: "me", public: true },
    ]);
  });
});

describe("a child", () => {
  test("is made once, however often it is asked for", async () => {
    const parent = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const child = await childOf(parent);
    const start = await jobOf(world, parent, "start");
    const again = await Promise.all(
      Array.from({ length: 5 }, async () =>
        createChild(world.deps, await pipelineOf(world, parent), start.id),
      ),
    );
    expect(
      again.flat().map((event) => "childPipelineId" in event && event.childPipelineId),
    ).toEqual(Array(5).fill(child));
    expect(await world.deps.store.pipelines.list({ project, limit: 10 })).toHaveLength(2);
  });

  test("made by two at once has one iid, which its conditions know, and a repeat draws none", async () => {
    const parent = await push(world, parentWith("{ include: child.yml }", "  when: manual\n"));
    world.files.set(
      "child.yml",
      `two: { script: [x], rules: [{ if: $CI_PIPELINE_IID == "2" }] }
other: { script: [x], rules: [{ if: $CI_PIPELINE_IID != "2" }] }
`,
    );
    const before = await pipelineOf(world, parent);
    const { id } = await jobOf(world, parent, "start");
    const make = () => createChild(world.deps, before, id);
    const events = (await Promise.all([make(), make()])).flat();
    const [child] = events.flatMap((event) =>
      event.type === "child_created" ? [event.childPipelineId] : [],
    );
    if (child === undefined) throw new Error("There is no child pipeline.");
    expect(events).toEqual(
      Array(2).fill({ type: "child_created", jobId: id, childPipelineId: child }),
    );
    const { iid, jobs } = await pipelineOf(world, child);
    const named = [iid === 2 ? "two" : "other"];
    expect(jobs.map(({ name }) => name)).toEqual(named);
    expect((await readPlan(world.deps, child)).jobs.map(({ name }) => name)).toEqual(named);
    const drawn = await world.deps.store.pipelines.nextIid(project);
    await make();
    expect(await world.deps.store.pipelines.nextIid(project)).toBe(drawn + 1);
  });

  test("does not speak for the commit: its parent does", async () => {
    const parent = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const child = await childOf(parent);
    await finish(world, await takeNext(world, child), "failed");
    expect(new Set(world.statuses.map(({ targetUrl }) => targetUrl))).toEqual(
      new Set([`http://slipway.test/${project}/-/pipelines/${parent}`]),
    );
    expect(world.statuses.at(-1)).toMatchObject({ state: "failed" });
    world.observations.set(world.started[0]?.id ?? "", { state: "ended" });
    await sweep(world.deps);
    await world.settle();
    expect(await world.deps.store.pipelines.listOpen()).toEqual([]);
  });

  test("has the parent's changes, so that rules:changes holds as it does there", async () => {
    world.files.set("child.yml", "leaf:\n  rules: [{ changes: [child.yml] }]\n  script: [make]\n");
    const parent = await push(world, parentWith("{ include: child.yml }"), {
      before: "c".repeat(40),
    });
    expect(await statusesOf(world, await childOf(parent))).toEqual({ leaf: "pending" });
  });

  test("can have children, and those none", async () => {
    const nested = (name: string) => `start:\n  trigger: { include: ${name}, strategy: depend }\n`;
    world.files.set("one.yml", nested("two.yml"));
    world.files.set("two.yml", nested("child.yml"));
    const parent = await push(world, nested("one.yml"));
    const grandchild = await childOf(await childOf(parent));
    expect(await jobOf(world, grandchild, "start")).toMatchObject({
      status: "failed",
      failureReason: "reached_max_descendant_pipelines_depth",
    });
    expect(await pipelineOf(world, parent)).toMatchObject({ status: "failed" });
  });

  test("is canceled with its parent where that waits for it", async () => {
    const parent = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const child = await childOf(parent);
    const leaf = await takeNext(world, child);
    await controlPipeline(world.deps, parent, { type: "cancel", by: "ada" });
    await world.settle();
    expect(await statusesOf(world, parent)).toMatchObject({ start: "canceling" });
    expect(await statusesOf(world, child)).toEqual({ leaf: "canceling" });
    await finish(world, leaf, "failed");
    expect((await pipelineOf(world, child)).status).toBe("canceled");
    expect((await pipelineOf(world, parent)).status).toBe("canceled");
  });

  test("goes on when a parent that does not wait for it is canceled", async () => {
    const parent = await push(world, parentWith("{ include: child.yml }"));
    await controlPipeline(world.deps, parent, { type: "cancel", by: "ada" });
    await world.settle();
    expect(await statusesOf(world, await childOf(parent))).toEqual({ leaf: "pending" });
  });

  test("of a superseded pipeline goes with its trigger job, and supersedes nothing itself", async () => {
    const old = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const next = await push(world, parentWith("{ include: child.yml, strategy: depend }"), {
      sha: "b".repeat(40),
      before: "a".repeat(40),
    });
    expect((await pipelineOf(world, old)).status).toBe("canceled");
    expect((await pipelineOf(world, await childOf(old))).status).toBe("canceled");
    expect(await statusesOf(world, next)).toMatchObject({ start: "running" });
    expect(await statusesOf(world, await childOf(next))).toEqual({ leaf: "pending" });
  });

  test("whose end was told to nobody is found by the sweep", async () => {
    const parent = await push(world, parentWith("{ include: child.yml, strategy: depend }"));
    const child = await childOf(parent);
    const stored = await world.deps.store.pipelines.get(child);
    if (stored === undefined) throw new Error("There is no child.");
    const jobs = stored.value.jobs.map((job) => ({ ...job, status: "success" as const }));
    const finishedAt = new Date().toISOString();
    await world.deps.store.pipelines.save(
      { ...stored.value, status: "success", jobs, finishedAt },
      stored.version,
    );
    await sweep(world.deps);
    await world.settle();
    expect(await statusesOf(world, parent)).toEqual({ start: "success", after: "pending" });
  });
});

describe("a child that cannot be made fails its trigger job and says why", () => {
  test.for([
    ["a file that is not there", "{ include: none.yml }", undefined, "none.yml"],
    ["a wrong file", "{ include: child.yml }", "leaf: { script: [x], colour: red }\n", "colour"],
    [
      "rules that leave nothing",
      "{ include: child.yml }",
      "leaf: { script: [x], rules: [{ when: never }] }\n",
      "No job",
    ],
    [
      "a workflow that does not let it run",
      "{ include: child.yml }",
      "workflow: { rules: [{ when: never }] }\nleaf: { script: [x] }\n",
      "workflow:rules",
    ],
  ] as const)("%s", async ([, trigger, file, reason]) => {
    if (file !== undefined) world.files.set("child.yml", file);
    const parent = await push(world, parentWith(trigger));
    const start = await jobOf(world, parent, "start");
    expect(start).toMatchObject({
      status: "failed",
      failureReason: "downstream_pipeline_creation_failed",
    });
    expect(start.failureMessage).toContain(reason);
    expect(await statusesOf(world, parent)).toMatchObject({ after: "skipped" });
  });
});
