import { mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { directoryBlobs } from "#blobs/directory.ts";
import { defineBlobsContract } from "./contract.ts";

async function root(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-blobs-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

defineBlobsContract({ create: async () => directoryBlobs(join(await root(), "blobs")) });

describe("a directory of blobs", () => {
  test("takes the length on disk for the truth, also when a crash cut the log", async () => {
    const directory = await root();
    await directoryBlobs(directory).append("jobs/1/log", 0, Buffer.from("0123456789"));
    await truncate(join(directory, "jobs/1/log"), 4);
    const blobs = directoryBlobs(directory);
    expect(await blobs.append("jobs/1/log", 10, Buffer.from("x"))).toEqual({
      accepted: false,
      length: 4,
    });
    expect(await blobs.append("jobs/1/log", 4, Buffer.from("x"))).toEqual({
      accepted: true,
      length: 5,
    });
  });

  test("leaves no temporary files, and files that only their owner reads", async () => {
    const directory = await root();
    const blobs = directoryBlobs(directory);
    await blobs.put("a/b", Buffer.from("x"));
    await blobs.append("a/log", 0, Buffer.from("x"));
    expect(await readdir(join(directory, ".tmp"))).toEqual([]);
    for (const file of ["a/b", "a/log"]) {
      expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    }
    await expect(async () => blobs.put(".tmp/x", Buffer.from("x"))).rejects.toThrow(/blob key/);
  });

  test("gives a growing log only as far as it announced", async () => {
    const blobs = directoryBlobs(await root());
    await blobs.append("log", 0, Buffer.from("four"));
    const found = await blobs.getStream("log");
    await blobs.append("log", 4, Buffer.from("more"));
    let length = 0;
    for await (const part of found?.stream ?? []) length += part.byteLength;
    expect([found?.sizeBytes, length]).toEqual([4, 4]);
  });
});
