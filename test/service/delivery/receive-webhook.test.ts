import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSigningToken } from "#forge/http/standard-webhooks.ts";
import { handleDelivery } from "#service/delivery/handle-delivery.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { makeWorld, project, sha, type World } from "../world.ts";

const connection = { forge: "local", project };
let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n");
});
afterEach(() => world.close());

async function pipelines(): Promise<number> {
  await world.settle();
  return (await world.deps.store.pipelines.list({ project, limit: 50 })).length;
}

describe("a webhook", () => {
  test("that is authentic makes a pipeline and is answered before that", async () => {
    const answer = await receiveWebhook(world.deps, connection, world.webhook());
    expect(answer.status).toBe(202);
    expect(await pipelines()).toBe(1);
    expect(world.started).toHaveLength(1);
    expect(world.statuses.at(-1)?.sha).toBe(sha);
  });

  test.each([
    [
      "with another secret's signature",
      (w: World) => w.webhook({ token: createSigningToken() }),
      connection,
      401,
    ],
    [
      "for a project nobody connected",
      (w: World) => w.webhook(),
      { forge: "local", project: "group/other" },
      404,
    ],
    ["for a forge that is none", (w: World) => w.webhook(), { forge: "sourceforge", project }, 404],
    [
      "about another project than its address",
      (w: World) => w.webhook({ path: "group/other" }),
      connection,
      200,
    ],
    [
      "with a body that is too large",
      (w: World) => ({ ...w.webhook(), body: new Uint8Array(6_000_001) }),
      connection,
      413,
    ],
  ] as const)("%s is refused with %4$i and leaves nothing", async (_what, make, to, status) => {
    expect((await receiveWebhook(world.deps, to, make(world))).status).toBe(status);
    expect(await pipelines()).toBe(0);
    expect(await world.deps.store.deliveries.list(10)).toEqual([]);
  });

  test("whose bytes were changed after signing is refused", async () => {
    const request = world.webhook();
    const body = request.body.slice();
    body[body.length - 2] = 0x20;
    expect((await receiveWebhook(world.deps, connection, { ...request, body })).status).toBe(401);
  });

  test("without a secret on our side is refused, whatever it says", async () => {
    const other = { ...world.deps, secrets: { ...world.deps.secrets, get: async () => [] } };
    expect((await receiveWebhook(other, connection, world.webhook())).status).toBe(401);
  });

  test("that comes ten times at once makes one pipeline", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => receiveWebhook(world.deps, connection, world.webhook())),
    );
    expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true);
    expect(await pipelines()).toBe(1);
  });

  test("told by two hooks with ids of their own makes one pipeline", async () => {
    await receiveWebhook(world.deps, connection, world.webhook({ id: "one" }));
    await receiveWebhook(world.deps, connection, world.webhook({ id: "two" }));
    expect(await pipelines()).toBe(1);
  });

  test("that goes back to an old commit makes a pipeline again", async () => {
    const other = "b".repeat(40);
    await receiveWebhook(world.deps, connection, world.webhook({ id: "1", before: other }));
    await pipelines();
    await receiveWebhook(
      world.deps,
      connection,
      world.webhook({ id: "2", before: sha, sha: other }),
    );
    await pipelines();
    await receiveWebhook(world.deps, connection, world.webhook({ id: "3", before: other }));
    expect(await pipelines()).toBe(3);
  });

  test("of an older push makes none behind the newer one's back, whatever its id", async () => {
    const first = { before: "0".repeat(40), sha: "b".repeat(40) };
    world.refs.push("refs/heads/main");
    await receiveWebhook(world.deps, connection, world.webhook({ id: "1", ...first }));
    await pipelines();
    await receiveWebhook(world.deps, connection, world.webhook({ id: "2", before: first.sha }));
    await pipelines();
    await receiveWebhook(world.deps, connection, world.webhook({ id: "again", ...first }));
    expect(await pipelines()).toBe(2);
    const again = await world.deps.store.deliveries.get({ forge: "local", project }, "again");
    expect(again?.outcomes).toEqual([
      { result: "nothing", why: expect.stringContaining(`is at ${sha} by now`) },
    ]);
    expect((await world.deps.store.pipelines.get(2))?.value.status).toBe("pending");
  });

  test("that is later than the next push's makes none", async () => {
    const between = "b".repeat(40);
    world.refs.push("refs/heads/main");
    await receiveWebhook(world.deps, connection, world.webhook({ id: "2", before: between }));
    await pipelines();
    const late = { before: "0".repeat(40), sha: between };
    await receiveWebhook(world.deps, connection, world.webhook({ id: "1", ...late }));
    expect(await pipelines()).toBe(1);
  });

  test("of a push after one that nobody told of makes its pipeline", async () => {
    await receiveWebhook(world.deps, connection, world.webhook({ id: "1", sha: "b".repeat(40) }));
    await pipelines();
    world.refs.push("refs/heads/main");
    await receiveWebhook(
      world.deps,
      connection,
      world.webhook({ id: "3", before: "c".repeat(40) }),
    );
    expect(await pipelines()).toBe(2);
  });

  test("that was stored but never queued is queued by its redelivery", async () => {
    const lost = {
      ...world.deps,
      queue: { send: async () => Promise.reject(new Error("killed here")) },
    };
    await expect(receiveWebhook(lost, connection, world.webhook())).rejects.toThrow("killed here");
    expect(await pipelines()).toBe(0);
    expect((await receiveWebhook(world.deps, connection, world.webhook())).status).toBe(202);
    expect(await pipelines()).toBe(1);
  });
});

describe("a delivery", () => {
  test("handled twice makes one pipeline", async () => {
    const quiet = { ...world.deps, queue: { send: async () => undefined } };
    await receiveWebhook(quiet, connection, world.webhook());
    const key = { ...connection, deliveryId: "delivery-1" };
    const [first] = await handleDelivery(world.deps, key);
    const delivery = await world.deps.store.deliveries.get(
      { forge: "local", project },
      "delivery-1",
    );
    expect(delivery?.state).toBe("done");
    expect(first?.result).toBe("created");
    expect(await handleDelivery(world.deps, key)).toEqual([]);
    expect(await pipelines()).toBe(1);
  });

  test.each([
    ["whose commit is gone", { sha: "f".repeat(40) }, "is not in the repository any more"],
    [
      "of a ref that no job is meant for",
      { ref: "refs/heads/docs" },
      "no job of .gitlab-ci.yml is meant for docs",
    ],
  ])("%s makes none and says why", async (_what, options, why) => {
    world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n  only: [main]\n");
    await receiveWebhook(world.deps, connection, world.webhook(options));
    expect(await pipelines()).toBe(0);
    expect(
      (await world.deps.store.deliveries.get({ forge: "local", project }, "delivery-1"))?.outcomes,
    ).toEqual([{ result: "nothing", why: expect.stringContaining(why) }]);
  });

  test("of a repository with neither configuration nor Dockerfile says so", async () => {
    world.files.clear();
    await receiveWebhook(world.deps, connection, world.webhook());
    expect(await pipelines()).toBe(0);
    const delivery = await world.deps.store.deliveries.get(
      { forge: "local", project },
      "delivery-1",
    );
    expect(delivery?.outcomes).toEqual([
      { result: "nothing", why: expect.stringContaining("no .gitlab-ci.yml and no Dockerfile") },
    ]);
  });

  test("of a repository with only a Dockerfile runs the built-in pipeline", async () => {
    world.files.clear();
    world.files.set("Dockerfile", "FROM scratch\n");
    await receiveWebhook(world.deps, connection, world.webhook());
    expect(await pipelines()).toBe(1);
  });

  test("with a wrong configuration makes a failed pipeline that names the place", async () => {
    world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n  imgae: busybox\n");
    await receiveWebhook(world.deps, connection, world.webhook());
    await world.settle();
    const [summary] = await world.deps.store.pipelines.list({ project, limit: 1 });
    expect(summary?.status).toBe("failed");
    expect(world.statuses.at(-1)).toMatchObject({
      state: "failed",
      description: expect.stringContaining(".gitlab-ci.yml:3:3"),
    });
  });

  test("with ci.skip makes a skipped pipeline without jobs", async () => {
    await receiveWebhook(
      world.deps,
      connection,
      world.webhook({ pushOptions: { ci: { skip: true } } }),
    );
    await world.settle();
    const [summary] = await world.deps.store.pipelines.list({ project, limit: 1 });
    expect(summary?.status).toBe("skipped");
    expect(world.started).toEqual([]);
  });
});

describe("the image tag of a ref", () => {
  test.each([
    ["refs/heads/日本語", "CI_COMMIT_REF_SLUG is empty"],
    ["refs/heads/feature/a", "shares the image tag `feature-a` with `feature-a`, `feature_a`"],
  ])("of %s is warned about, and the pipeline runs", async (ref, words) => {
    world.refs.push(
      "refs/heads/feature-a",
      "refs/tags/feature_a",
      "refs/heads/feature/a",
      "refs/heads/main",
    );
    await receiveWebhook(world.deps, connection, world.webhook({ ref }));
    await world.settle();
    const stored = await world.deps.store.pipelines.get(1);
    expect(stored?.value.diagnostics[0]?.message).toContain(words);
    expect(stored?.value.jobs).toHaveLength(1);
  });
});
