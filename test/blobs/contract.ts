import { describe, expect, test } from "vitest";
import type { Blobs } from "#blobs/blobs.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (read: Uint8Array | undefined) => read && new TextDecoder().decode(read);

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield bytes(part);
}

async function* breaksAfter(part: string): AsyncGenerator<Uint8Array> {
  yield bytes(part);
  throw new Error("the sender is gone");
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** What every blob store promises; `create` gives an empty one. */
export function defineBlobsContract(options: { readonly create: () => Promise<Blobs> }): void {
  describe("whole blobs", () => {
    test("come back as they were put, replace what was there, and can be deleted", async () => {
      const blobs = await options.create();
      expect(await blobs.get("pipelines/7/plan.json")).toBeUndefined();
      await blobs.put("pipelines/7/plan.json", bytes("a longer first one"));
      await blobs.put("pipelines/7/plan.json", bytes("second"));
      expect(text(await blobs.get("pipelines/7/plan.json"))).toBe("second");
      await blobs.delete("pipelines/7/plan.json");
      await blobs.delete("pipelines/7/plan.json");
      expect(await blobs.get("pipelines/7/plan.json")).toBeUndefined();
      await blobs.put("empty", new Uint8Array());
      expect(await blobs.get("empty")).toHaveLength(0);
    });

    test("are listed by prefix", async () => {
      const blobs = await options.create();
      for (const key of ["jobs/1/log", "jobs/10/log", "jobs/1/artifacts/a.zip", "plans/1"]) {
        await blobs.put(key, bytes(key));
      }
      expect(await blobs.list("jobs/1/")).toEqual(["jobs/1/artifacts/a.zip", "jobs/1/log"]);
      expect(await blobs.list("jobs/1")).toEqual([
        "jobs/1/artifacts/a.zip",
        "jobs/1/log",
        "jobs/10/log",
      ]);
      expect(await blobs.list("")).toHaveLength(4);
      expect(await blobs.list("nothing/here")).toEqual([]);
    });

    test("are listed up to a key", async () => {
      const blobs = await options.create();
      for (const key of ["due/1/a", "due/2/a", "due/3/a", "due/10/a"]) {
        await blobs.put(key, bytes(key));
      }
      expect(await blobs.list("due/", { before: "due/3/" })).toEqual([
        "due/1/a",
        "due/10/a",
        "due/2/a",
      ]);
      expect(await blobs.list("due/", { before: "due/" })).toEqual([]);
    });

    test("are measured by prefix, as they are now", async () => {
      const blobs = await options.create();
      const before = Date.now() - 1_000;
      await blobs.put("caches/a/-/one", bytes("1234"));
      await blobs.put("caches/a/-/two", bytes("first"));
      await blobs.put("caches/a/-/two", bytes(""));
      await blobs.put("caches/ab/-/other", bytes("12345"));
      const found = await blobs.sizes("caches/a/-/");
      expect(found.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([
        ["caches/a/-/one", 4],
        ["caches/a/-/two", 0],
      ]);
      for (const { changedAt } of found) {
        expect(changedAt).toBeGreaterThanOrEqual(before);
        expect(changedAt).toBeLessThanOrEqual(Date.now() + 1_000);
      }
      expect(await blobs.sizes("nothing/here/")).toEqual([]);
    });

    test.for(["../outside", "a/../../outside", "/etc/passwd", "a//b", "", ".", "a/.", "a\0b"])(
      "the key %j is refused",
      async (key) => {
        const blobs = await options.create();
        await expect(async () => blobs.put(key, bytes("x"))).rejects.toThrow(/blob key/);
        await expect(async () => blobs.get(key)).rejects.toThrow(/blob key/);
        await expect(async () => blobs.append(key, 0, bytes("x"))).rejects.toThrow(/blob key/);
        await expect(async () => blobs.delete(key)).rejects.toThrow(/blob key/);
      },
    );
  });

  describe("streams", () => {
    test("come back with their size", async () => {
      const blobs = await options.create();
      expect(await blobs.putStream("a", chunks("one ", "two"), 100)).toEqual({ sizeBytes: 7 });
      const found = await blobs.getStream("a");
      expect(found?.sizeBytes).toBe(7);
      expect(await readAll(found?.stream ?? chunks())).toBe("one two");
      expect(await blobs.getStream("b")).toBeUndefined();
      await blobs.putStream("none", chunks(), 100);
      const none = await blobs.getStream("none");
      expect(none?.sizeBytes).toBe(0);
      expect(await readAll(none?.stream ?? chunks("x"))).toBe("");
    });

    test("that are too large or break off leave what was there", async () => {
      const blobs = await options.create();
      await blobs.put("a", bytes("old"));
      expect(await blobs.putStream("a", chunks("1234", "56"), 5)).toBe("too_large");
      await expect(blobs.putStream("a", breaksAfter("new"), 100)).rejects.toThrow(/gone/);
      expect(text(await blobs.get("a"))).toBe("old");
      expect(await blobs.list("")).toEqual(["a"]);
    });
  });

  describe("logs", () => {
    test("grow from their present length only", async () => {
      const blobs = await options.create();
      expect(await blobs.append("log", 0, bytes("hello "))).toEqual({ accepted: true, length: 6 });
      expect(await blobs.append("log", 9, bytes("!"))).toEqual({ accepted: false, length: 6 });
      expect(await blobs.append("log", 6, bytes("world"))).toEqual({ accepted: true, length: 11 });
      expect(await blobs.append("log", 6, bytes("world!"))).toEqual({ accepted: true, length: 12 });
      expect(await blobs.append("log", 0, bytes("hello"))).toEqual({ accepted: true, length: 12 });
      expect(text(await blobs.get("log"))).toBe("hello world!");
    });

    test("are read in parts, together with their length", async () => {
      const blobs = await options.create();
      await blobs.append("log", 0, bytes("hello world"));
      const part = await blobs.read("log", 6, 3);
      expect([text(part.bytes), part.length]).toEqual(["wor", 11]);
      expect(text((await blobs.read("log", 6, 100)).bytes)).toBe("world");
      expect(await blobs.read("log", 20, 5)).toEqual({ bytes: new Uint8Array(), length: 11 });
      expect(await blobs.read("none", 0, 5)).toEqual({ bytes: new Uint8Array(), length: 0 });
    });

    test("take of many appends at once at one place the first only", async () => {
      const blobs = await options.create();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          blobs.append("log", index * 4, bytes(String(index).padStart(4))),
        ),
      );
      expect(answers.every(({ accepted }) => accepted)).toBe(true);
      await Promise.all(Array.from({ length: 20 }, () => blobs.append("log", 80, bytes("last"))));
      expect((await blobs.read("log", 0, 0)).length).toBe(84);
    });
  });
}
