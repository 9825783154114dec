import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "#local/setup/lock.ts";

let directory: string;
let lock: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  lock = join(directory, "setup.lock");
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("only one at a time works under a lock, and all get their turn", async () => {
  let inside = 0;
  let most = 0;
  const results = await Promise.all(
    [1, 2, 3].map((n) =>
      withLock(lock, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside -= 1;
        return n;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(results).toEqual([1, 2, 3]);
  expect(existsSync(lock)).toBe(false);
});

test("a lock whose process is gone is taken over by one of those who wait", async () => {
  writeFileSync(lock, "999999999\n");
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 10));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(lock, work)));
  expect(most).toBe(1);
  expect(readdirSync(directory)).toEqual([]);
});

test("a process that was killed while it took over a lock blocks nobody", async () => {
  for (const path of [lock, `${lock}.stale`]) writeFileSync(path, "999999999\n");
  await expect(withLock(lock, async () => "done")).resolves.toBe("done");
  expect(readdirSync(directory)).toEqual([]);
});

test("a failure inside releases the lock", async () => {
  await expect(withLock(lock, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(lock)).toBe(false);
});

test("who waits is told for whom", async () => {
  const told: number[] = [];
  await Promise.all([
    withLock(lock, () => new Promise((resolve) => setTimeout(resolve, 50))),
    new Promise((resolve) => setTimeout(resolve, 10)).then(() =>
      withLock(
        lock,
        async () => undefined,
        (holder) => told.push(holder),
      ),
    ),
  ]);
  expect(told).toEqual([process.pid]);
});
