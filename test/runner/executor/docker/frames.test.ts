import { expect, test } from "vitest";
import { BadFrame, encodeFrame, readFrames } from "#runner/executor/docker/helper/frames.ts";
import { readFailure, readLine, readResult } from "#runner/executor/docker/helper/requests.ts";

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size: number, limit = 1_000): Promise<string[]> {
  const seen: string[] = [];
  for await (const { kind, body } of readFrames(inPieces(bytes, size), limit)) {
    seen.push(`${kind}:${body}`);
  }
  return seen;
}

test.for([1, 3, 7, 1_000])("frames come as they went, in pieces of %i bytes", async (size) => {
  const bytes = Buffer.concat([
    encodeFrame("Q", "{}"),
    encodeFrame("E"),
    encodeFrame("D", Buffer.from("x".repeat(900))),
    encodeFrame("R", "größe"),
  ]);
  expect(await read(bytes, size)).toEqual(["Q:{}", "E:", `D:${"x".repeat(900)}`, "R:größe"]);
});

test("a frame that is unknown, or longer than it may be, ends the reading", async () => {
  await expect(read(Buffer.from("Zxxxx"), 5)).rejects.toThrow(BadFrame);
  await expect(read(encodeFrame("D", "x".repeat(1_001)), 100)).rejects.toThrow(BadFrame);
  const endless = Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]);
  await expect(read(endless, 5)).rejects.toThrow(BadFrame);
});

test("what a helper says is taken for no more than text", () => {
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  expect(readLine(json({ level: "line", text: "a\u001b]52;c;x\u0007\nb" }))?.text).toBe(
    "a ]52;c;x b",
  );
  expect(readLine(json({ level: "sectionStart", text: "x" }))).toBeUndefined();
  expect(readLine(json({ level: "warning", text: "x".repeat(9_000) }))?.text).toHaveLength(4_000);
  expect(readLine(Buffer.from("no json"))).toBeUndefined();
  expect(
    [{ count: 3 }, { count: -1 }, { count: "3" }, []].map((one) => readResult(json(one))),
  ).toEqual([3, 0, 0, 0]);
  expect(readFailure(json({ message: "x\ny", exitCode: 1e9, reason: 7 }))).toEqual({
    message: "x y",
  });
});
