import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "#queue/queue.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { runSweep } from "#service/sweep/run-sweep.ts";
import { push } from "../service/driver.ts";
import { makeWorld, type World } from "../service/world.ts";

let world: World;
let sent: Message[];
let service: ServiceDeps;
beforeEach(async () => {
  world = await makeWorld();
  sent = [];
  service = {
    ...world.deps,
    queue: { send: async (message) => void sent.push(message) },
  };
});
afterEach(() => world.close());

/** The first minute after `now` that this many minutes divide, or do not. */
function at(minutes: number, isDue = true): number {
  let minute = Math.ceil(Date.now() / 60_000) + 1;
  while ((minute % minutes === 0) !== isDue) minute += 1;
  return minute * 60_000;
}

const forever = Number.MAX_SAFE_INTEGER;

describe("the sweep", () => {
  test("looks at what is open, and at the line for places", async () => {
    const id = await push(world, "job: {script: [x]}");
    await runSweep(service, forever);
    expect(sent).toContainEqual({ type: "pipeline", pipelineId: id });
    expect(sent).toContainEqual({ type: "places" });
  });

  test("ends stray environments every five minutes", async () => {
    const stray = { id: "p999-1" };
    const environments = { ...service.environments, list: async () => [stray] };
    const sweepAt = (now: number) =>
      runSweep({ ...service, environments, now: () => now }, forever);
    await sweepAt(at(5, false));
    expect(world.stopped).toEqual([]);
    await sweepAt(at(5));
    expect(world.stopped).toEqual([stray.id]);
  });

  test("does the other parts where one fails, and is alarmed in the end", async () => {
    const lines: string[] = [];
    const sweeping = runSweep(
      {
        ...service,
        now: () => at(5),
        environments: {
          ...service.environments,
          list: () => Promise.reject(new Error("throttled")),
        },
        log: (level, message, fields) => lines.push(`${level} ${message}: ${fields?.part}`),
      },
      forever,
    );
    await expect(sweeping).rejects.toThrow("stray environments");
    expect(sent).toContainEqual({ type: "places" });
    expect(lines).toEqual(["error a part of the sweep failed: stray environments"]);
  });

  test("begins nothing when its time is over, and says so", async () => {
    await push(world, "job: {script: [x]}");
    const lines: string[] = [];
    const log: ServiceDeps["log"] = (_, message) => lines.push(message);
    const open = Array.from({ length: 500 }, (_, index) => index + 1);
    const pipelines = { ...service.store.pipelines, listOpen: async () => open };
    const store = { ...service.store, pipelines };
    await runSweep({ ...service, store, log }, Date.now() - 1);
    expect(sent.length).toBeLessThan(100);
    expect(lines).toContain("a part of what is unfinished is left to the next sweep");
  });
});
