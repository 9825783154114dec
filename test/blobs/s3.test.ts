import { describe, expect, onTestFinished, test } from "vitest";
import type { Blobs } from "#blobs/blobs.ts";
import { s3Blobs } from "#blobs/s3.ts";
import { bucketName, type S3Double, startS3Double } from "../aws/s3-double/server.ts";
import { defineBlobsContract } from "./contract.ts";

async function start(pageSize = 3): Promise<{ s3: S3Double; blobs: Blobs }> {
  const s3 = await startS3Double({ pageSize });
  onTestFinished(s3.close);
  return { s3, blobs: s3Blobs({ client: s3.client, bucket: bucketName }) };
}

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

defineBlobsContract({ create: async () => (await start()).blobs });

async function* chunksOf(total: number, size: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < total; sent += size) {
    yield Buffer.alloc(Math.min(size, total - sent), sent % 251);
  }
}

describe("blobs on S3", () => {
  test("a stream larger than one part comes back whole, and one that is too large leaves no upload", async () => {
    const { s3, blobs } = await start();
    const size = 20_000_003;
    expect(await blobs.putStream("a", chunksOf(size, 700_001), size)).toEqual({ sizeBytes: size });
    expect(await blobs.size?.("a")).toBe(size);
    const expected: Uint8Array[] = [];
    for await (const chunk of chunksOf(size, 700_001)) expected.push(chunk);
    expect(Buffer.concat(expected).equals(s3.objects.get("a")?.bytes ?? Buffer.alloc(0))).toBe(
      true,
    );
    expect(await blobs.putStream("a", chunksOf(size, 700_001), size - 1)).toBe("too_large");
    expect([s3.objects.get("a")?.bytes.length, s3.uploads.size]).toEqual([size, 0]);
  });

  test("an upload that breaks off in its third part leaves what was there and no upload", async () => {
    const { s3, blobs } = await start();
    async function* breaks(): AsyncGenerator<Uint8Array> {
      yield* chunksOf(17_000_000, 1_000_000);
      throw new Error("the sender is gone");
    }
    await expect(blobs.putStream("a", breaks(), 1e9)).rejects.toThrow(/gone/);
    expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
  });

  test.for(["jobs/1/log/0000000000000000", "x".repeat(200).concat("/").repeat(5).concat("x")])(
    "the key %s is refused",
    async (key) => {
      const { blobs } = await start();
      await expect(async () => blobs.put(key, Buffer.from("x"))).rejects.toThrow(/blob key/);
    },
  );

  test("a list up to a key reads no pages beyond it", async () => {
    const { s3, blobs } = await start(2);
    for (let due = 0; due < 9; due++) await blobs.put(`due/${due}`, Buffer.from("x"));
    s3.requests.length = 0;
    expect(await blobs.list("due/", { before: "due/3" })).toEqual(["due/0", "due/1", "due/2"]);
    expect(s3.requests).toHaveLength(2);
  });

  test("a service that does not answer is an error, and nothing is thought absent", async () => {
    const { s3, blobs } = await start();
    await blobs.append("log", 0, Buffer.from("x"));
    s3.before = () => ({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" });
    for (const call of [
      () => blobs.get("a"),
      () => blobs.append("log", 1, Buffer.from("y")),
      () => blobs.read("log", 0, 1),
      () => blobs.presignRead?.("a", { seconds: 1, filename: "a" }),
    ]) {
      await expect(async () => call()).rejects.toThrow();
    }
  });
});

describe("logs on S3", () => {
  test("one whose writer died after the write takes the same bytes again once", async () => {
    const { blobs } = await start();
    await blobs.append("log", 0, Buffer.from("one "));
    expect(await blobs.append("log", 0, Buffer.from("one two"))).toEqual({
      accepted: true,
      length: 7,
    });
    expect(text(await blobs.get("log"))).toBe("one two");
  });

  test("two writers at one place: one is first, the other's bytes are dropped or follow", async () => {
    const { s3, blobs } = await start();
    const other = s3Blobs({ client: s3.client, bucket: bucketName });
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    let puts = 0;
    s3.before = async (request) => {
      if (!request.startsWith("PUT ") || ++puts > 2) return undefined;
      if (puts === 2) meet();
      await met;
      return undefined;
    };
    const answers = await Promise.all([
      blobs.append("log", 0, Buffer.from("hello")),
      other.append("log", 0, Buffer.from("hello world")),
    ]);
    expect(answers.every(({ accepted }) => accepted)).toBe(true);
    expect("hello world".startsWith(text(await blobs.get("log")))).toBe(true);
    expect((await blobs.read("log", 0, 0)).length).toBe(Math.max(...answers.map((a) => a.length)));
  });

  test("of very many pieces are joined, read the same meanwhile and grow on", async () => {
    const { s3, blobs } = await start(1000);
    let expected = "";
    const append = async (line: string) => {
      const { accepted } = await blobs.append("log", expected.length, Buffer.from(line));
      expect(accepted).toBe(true);
      expected += line;
    };
    for (let line = 0; line < 300; line++) await append(`line ${line}\n`);
    expect(s3.objects.size).toBeLessThan(60);
    expect(text(await blobs.get("log"))).toBe(expected);
    const { bytes, length } = await blobs.read("log", 100, 50);
    expect([text(bytes), length]).toEqual([expected.slice(100, 150), expected.length]);
    expect(await blobs.list("")).toEqual(["log"]);
    await blobs.delete("log");
    expect(s3.objects.size).toBe(0);
  });

  test("of two that join the same pieces one is heard, and a reader in between sees all of it", async () => {
    const { s3, blobs } = await start(1000);
    let expected = "";
    for (let line = 0; line < 256; line++) {
      const text = `line ${line}\n`;
      await blobs.append("log", expected.length, Buffer.from(text));
      expected += text;
    }
    const [first = "", second = ""] = s3.objects.keys();
    const etag = s3.objects.get(first)?.etag;
    const end = expected.length;
    await Promise.all([
      blobs.append("log", end, Buffer.from("a\n")),
      s3Blobs({ client: s3.client, bucket: bucketName }).append("log", end, Buffer.from("a\nb\n")),
    ]);
    expect(s3.objects.get(first)?.etag).not.toBe(etag);
    expect(s3.objects.has(second)).toBe(false);
    const joined = text(await blobs.get("log"));
    expect(`${expected}a\nb\n`.startsWith(joined)).toBe(true);
    expect(joined.length).toBeGreaterThanOrEqual(end + 2);
  });
});
