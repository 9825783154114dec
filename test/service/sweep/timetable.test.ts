import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keepSweeping } from "#local/up/keep-sweeping.ts";
import { oneMachineTimetable } from "#local/up/one-machine-timetable.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { runSweep } from "#service/sweep/run-sweep.ts";
import { dueParts, type SweepPart, timetable } from "#service/sweep/timetable.ts";
import { makeWorld, type World } from "../world.ts";

const hour = 3_600;

let world: World;
let service: ServiceDeps;
/** How often each part ran, by its name. */
let runs: Map<string, number>;

beforeEach(async () => {
  world = await makeWorld();
  vi.useFakeTimers({ now: Date.parse("2026-11-21T08:00:00.400Z") });
  service = { ...world.deps, now: Date.now };
  runs = new Map();
  for (const part of timetable) vi.spyOn(part, "run").mockImplementation(counted(part.name));
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await world.close();
});

function counted(name: string): () => Promise<void> {
  return async () => void runs.set(name, (runs.get(name) ?? 0) + 1);
}

describe("in one hour, every part of the timetable runs at its turns", () => {
  test("on Lambda, which EventBridge calls once a minute and a little late", async () => {
    for (let minute = 0; minute < 60; minute += 1) {
      await runSweep(service, Number.MAX_SAFE_INTEGER);
      vi.setSystemTime(Date.parse("2026-11-21T08:01:00Z") + minute * 60_000 + 7 * minute);
    }
    expect(Object.fromEntries(runs)).toEqual(
      Object.fromEntries(
        timetable.map(({ name, everySeconds }) => [name, hour / Math.max(60, everySeconds)]),
      ),
    );
  });

  test("on one machine, with the parts that only one machine has", async () => {
    const parts = oneMachineTimetable({
      keepDiskReserve: counted("reserve on the disk"),
      keepRegistry: counted("registry"),
      keepMetadataClosed: counted("metadata"),
      blobs: "/nowhere",
    });
    const stop = keepSweeping(service, parts);
    await vi.advanceTimersByTimeAsync(hour * 1000);
    stop();
    expect(Object.fromEntries(runs)).toEqual({
      ...Object.fromEntries(timetable.map(({ name, everySeconds }) => [name, hour / everySeconds])),
      "reserve on the disk": 1_200,
      registry: 60,
      metadata: 30,
    });
    await vi.advanceTimersByTimeAsync(hour * 1000);
    expect(runs.get("registry")).toBe(60);
  });
});

describe("the sweep of one machine", () => {
  const part = (run: SweepPart["run"]): SweepPart => ({ name: "a part", everySeconds: 3, run });

  test("leaves a part that is at work alone, for a minute", async () => {
    let begun = 0;
    const stop = keepSweeping(service, [
      part(() => {
        begun += 1;
        return new Promise(() => undefined);
      }),
    ]);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(begun).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(begun).toBe(2);
    stop();
  });

  test("logs what failed, and tries again", async () => {
    const lines: string[] = [];
    let tries = 0;
    const log: ServiceDeps["log"] = (level, message, fields) =>
      lines.push(`${level} ${message}: ${fields?.part}`);
    const failing = part(async () => {
      tries += 1;
      throw new Error("away");
    });
    const stop = keepSweeping({ ...service, log }, [failing]);
    await vi.advanceTimersByTimeAsync(6_000);
    stop();
    expect(tries).toBe(2);
    expect(lines).toEqual(Array(2).fill("error a part of the sweep failed: a part"));
  });
});

test("a clock that is set back or forward by hours keeps no part from its turn", () => {
  const parts: readonly SweepPart[] = [{ name: "a", everySeconds: 600, run: async () => {} }];
  const now = Date.parse("2026-11-21T08:00:00Z");
  for (const since of [now - 5 * 3_600_000, now + 5 * 3_600_000]) {
    expect(dueParts(parts, { since, now })).toHaveLength(1);
  }
  expect(dueParts(parts, { since: now, now: now + 599_000 })).toEqual([]);
});
