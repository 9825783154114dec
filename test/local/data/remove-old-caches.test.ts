import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeOldCaches } from "#local/data/remove-old-caches.ts";

test("caches that nobody wrote for a month are removed, and nothing else", async () => {
  const blobs = mkdtempSync(join(tmpdir(), "slipway-blobs-"));
  const now = Date.now();
  for (const [path, days] of [
    ["caches/group/app/-/young", 29],
    ["caches/group/app/-/old", 31],
    ["jobs/1/log", 31],
  ] as const) {
    mkdirSync(join(blobs, path, ".."), { recursive: true });
    writeFileSync(join(blobs, path), "x");
    const written = now / 1000 - days * 24 * 3600;
    utimesSync(join(blobs, path), written, written);
  }
  await removeOldCaches(blobs, now);
  expect(readdirSync(join(blobs, "caches/group/app/-"))).toEqual(["young"]);
  expect(readdirSync(join(blobs, "jobs/1"))).toEqual(["log"]);
  await removeOldCaches(join(blobs, "none"), now);
  rmSync(blobs, { recursive: true });
});
