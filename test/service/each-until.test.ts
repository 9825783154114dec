import { describe, expect, test } from "vitest";
import { eachUntil } from "#service/each-until.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("working through many items", () => {
  test("does each once, many side by side but not all", async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    const left = await eachUntil(numbers(500), { now: () => 0 }, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      done.push(item);
    });
    expect([left, done.toSorted((a, b) => a - b)]).toEqual([0, numbers(500)]);
    expect(most).toBe(20);
  });

  test("begins nothing when time is over, and reaches all in the end", async () => {
    const seen = new Set<number>();
    let now = 1_795_262_400_000;
    for (let minute = 0; minute < 200; minute++) {
      const start = now;
      const left = await eachUntil(
        numbers(1_000),
        { now: () => now, until: start + 100 },
        async (item) => {
          seen.add(item);
          now += 1;
        },
      );
      expect(left).toBeGreaterThan(800);
      now = start + 60_000;
    }
    expect(seen.size).toBe(1_000);
  });

  test("goes on after a failure and tells of it in the end", async () => {
    const done: number[] = [];
    const working = eachUntil(numbers(50), { now: () => 0 }, async (item) => {
      if (item === 3) throw new Error("three");
      done.push(item);
    });
    await expect(working).rejects.toThrow("three");
    expect(done).toHaveLength(49);
  });

  test("of which there are none is done at once", async () => {
    expect(await eachUntil([], { now: () => 5, until: 10 }, async () => undefined)).toBe(0);
  });
});
