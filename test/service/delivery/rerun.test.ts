import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Forge } from "#forge/forge.ts";
import { githubWebhooks } from "#forge/github/webhook.ts";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { hmacHex } from "../../forge/hmac.ts";
import { finish, jobOf, pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, project, sha, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.deps.secrets.rotate(`webhook/local/${project}`, "app secret");
});
afterEach(() => world.close());

/** The world's forge speaks as GitHub does from now on. */
function becomeGitHub(): void {
  const local = world.deps.forges.get("local");
  if (local === undefined) throw new Error("The world has no forge.");
  const forges: ReadonlyMap<string, Forge> = new Map([
    ["local", { ...local, webhooks: githubWebhooks }],
  ]);
  Object.assign(world.deps, { forges });
}

let deliveries = 0;

async function press(
  check: { name?: string; external_id: string; head_sha?: string },
  signedWith = "app secret",
) {
  deliveries += 1;
  const body = new TextEncoder().encode(
    JSON.stringify({
      action: "rerequested",
      check_run: { name: "slipway", head_sha: sha, ...check },
      repository: { id: 1, full_name: project },
      sender: { id: 5, login: "grace" },
    }),
  );
  const headers = new Headers({
    "content-type": "application/json",
    "x-github-event": "check_run",
    "x-github-delivery": `rerun-${deliveries}`,
    "x-hub-signature-256": `sha256=${hmacHex(body, signedWith)}`,
  });
  const answer = await receiveWebhook(world.deps, { forge: "local", project }, { headers, body });
  await world.settle();
  return answer;
}

async function outcomeOfNewest(): Promise<CreateOutcome | undefined> {
  return (await world.deps.store.deliveries.list(1))[0]?.outcomes?.[0];
}

const two = "build: { script: [make] }\ntest: { stage: test, script: [make test] }\n";

describe("Re-run on a forge's check", () => {
  test("retries what failed of the pipeline and tells how it went", async () => {
    const id = await push(world, two, { sha });
    await finish(world, await takeNext(world, id), "failed");
    await world.settle();
    becomeGitHub();
    expect(await press({ external_id: `${id}` })).toMatchObject({ status: 202 });
    expect(await statusesOf(world, id)).toMatchObject({ build: "pending" });
    expect(await outcomeOfNewest()).toMatchObject({ result: "created", pipelineId: id });
    await finish(world, await takeNext(world, id));
    await finish(world, await takeNext(world, id));
    expect((await pipelineOf(world, id)).status).toBe("success");
    expect(world.statuses.at(-1)).toMatchObject({ context: "slipway", state: "success" });
  });

  test("tells the forge again how it stands where there is nothing to retry", async () => {
    const id = await push(world, "build: { script: [make] }\n", { sha });
    await finish(world, await takeNext(world, id));
    await world.settle();
    becomeGitHub();
    const before = world.statuses.length;
    await press({ external_id: `${id}` });
    expect(world.statuses.slice(before)).toMatchObject([{ context: "slipway", state: "success" }]);
    expect((await pipelineOf(world, id)).jobs).toHaveLength(1);
  });

  test("of a job runs that job alone again, once for however many presses", async () => {
    const { settings } = world.deps;
    Object.assign(world.deps, {
      settings: async (of: ProjectKey) => {
        const its = await settings(of);
        return its && { ...its, statuses: "jobs" };
      },
    });
    const id = await push(world, two, { sha });
    await finish(world, await takeNext(world, id));
    await finish(world, await takeNext(world, id));
    await world.settle();
    becomeGitHub();
    const job = await jobOf(world, id, "build");
    const check = { name: "slipway/build", external_id: `${id}/${job.id}` };
    await press(check);
    await press(check);
    const { jobs } = await pipelineOf(world, id);
    expect(jobs.filter(({ name }) => name === "build")).toHaveLength(2);
    expect(jobs.filter(({ name, retried }) => name === "test" && retried)).toEqual([]);
  });

  test.for<[string, (id: number) => Parameters<typeof press>[0]]>([
    ["a pipeline that there is not", () => ({ external_id: "999" })],
    ["another commit", (id) => ({ external_id: `${id}`, head_sha: "b".repeat(40) })],
    ["a check that nobody made", (id) => ({ external_id: `${id}`, name: "lint" })],
  ])("of %s does nothing and says so", async ([, checkOf]) => {
    const id = await push(world, two, { sha });
    await finish(world, await takeNext(world, id), "failed");
    await world.settle();
    becomeGitHub();
    await press(checkOf(id));
    expect(await outcomeOfNewest()).toMatchObject({
      why: expect.stringContaining("has no pipeline with that check"),
    });
    expect((await pipelineOf(world, id)).jobs.filter(({ retried }) => retried)).toEqual([]);
  });

  test("of another project's pipeline does nothing", async () => {
    const id = await push(world, two, { sha });
    await finish(world, await takeNext(world, id), "failed");
    const stored = await world.deps.store.pipelines.get(id);
    if (stored === undefined) throw new Error("There is no pipeline.");
    await world.deps.store.pipelines.save(
      { ...stored.value, project: "group/other" },
      stored.version,
    );
    becomeGitHub();
    await press({ external_id: `${id}` });
    expect(await outcomeOfNewest()).toMatchObject({
      why: expect.stringContaining("has no pipeline with that check"),
    });
  });

  test("that nobody signed is refused", async () => {
    const id = await push(world, two, { sha });
    becomeGitHub();
    expect(await press({ external_id: `${id}` }, "guess")).toMatchObject({ status: 401 });
  });
});
