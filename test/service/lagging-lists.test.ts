import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { handleDelivery } from "#service/delivery/handle-delivery.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { pipelineOf } from "./driver.ts";
import { makeWorld, project, sha, type World } from "./world.ts";

const connection = { forge: "local", project };
const other = "b".repeat(40);

let world: World;
let lagging: ServiceDeps;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  // As a global secondary index in the seconds after a write.
  const pipelines = { ...world.deps.store.pipelines, list: async () => [] };
  lagging = {
    ...world.deps,
    store: { ...world.deps.store, pipelines },
    queue: { send: async () => undefined },
  };
});
afterEach(() => world.close());

async function deliver(id: string, event: Parameters<World["webhook"]>[0]): Promise<number> {
  await receiveWebhook(lagging, connection, world.webhook({ id, ...event }));
  const [outcome] = await handleDelivery(lagging, { ...connection, deliveryId: id });
  return outcome?.result === "created" ? outcome.pipelineId : 0;
}

const stored = async () =>
  (await world.deps.store.pipelines.list({ project, limit: 50 })).map(({ id }) => id);

describe("while lists lag behind", () => {
  test("an event told twice makes one pipeline, also after one for another commit", async () => {
    const first = await deliver("1", { sha });
    const second = await deliver("2", { sha: other, before: sha });
    const again = await deliver("3", { sha: other, before: sha });
    expect([second === first, again]).toEqual([false, second]);
    expect(await stored()).toEqual([second, first]);
  });

  test("an event that is told again when lists have caught up makes no second pipeline", async () => {
    await deliver("1", { sha });
    const second = await deliver("2", { sha: other, before: sha });
    lagging = { ...world.deps, queue: lagging.queue };
    expect(await deliver("3", { sha: other, before: sha })).toBe(second);
    expect(await stored()).toHaveLength(2);
  });

  test("going back to an old commit makes a pipeline again", async () => {
    const made = [
      await deliver("1", { sha, before: other }),
      await deliver("2", { sha: other, before: sha }),
      await deliver("3", { sha, before: other }),
    ];
    expect(new Set(made).size).toBe(3);
  });

  test("a new commit cancels the pipeline before it", async () => {
    const first = await deliver("1", { sha });
    const second = await deliver("2", { sha: other, before: sha });
    expect((await pipelineOf(world, first)).canceledBy).toBe(`pipeline ${second}`);
    expect((await pipelineOf(world, second)).status).not.toBe("canceled");
  });
});
