import fc from "fast-check";
import { expect, test } from "vitest";
import { demultiplex } from "#runner/executor/docker/demultiplex.ts";
import { createExitMarker } from "#runner/executor/docker/exit-marker.ts";

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return points
    .slice(1)
    .map((end, at) => bytes.subarray(Math.min(points[at] ?? 0, bytes.length), end));
}

test("the exit code is taken out of the output wherever it is cut", () => {
  const output = Buffer.from("text #MARK without code\n#MARK: 17\nlater");
  fc.assert(
    fc.property(fc.array(fc.nat(output.length), { maxLength: 6 }), (cuts) => {
      const marker = createExitMarker("#MARK: ");
      const shown = pieces(output, cuts).map((piece) => marker.write(piece));
      shown.push(marker.flush());
      expect(Buffer.concat(shown).toString()).toBe("text #MARK without code\n");
      expect(marker.exitCode()).toBe(17);
    }),
  );
});

test("output that ends without an exit code is shown whole", () => {
  const marker = createExitMarker("#MARK: ");
  const shown = Buffer.concat([marker.write(Buffer.from("end #MAR")), marker.flush()]);
  expect(shown.toString()).toBe("end #MAR");
  expect(marker.exitCode()).toBeUndefined();
});

function frame(stream: number, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test("frames of an attach stream are taken apart wherever the stream is cut", async () => {
  const stream = Buffer.concat([frame(1, "one"), frame(2, ""), frame(2, "two"), frame(1, "three")]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (cuts) => {
      async function* chunks() {
        yield* pieces(stream, cuts);
      }
      const payloads: Buffer[] = [];
      for await (const payload of demultiplex(chunks())) payloads.push(payload);
      expect(Buffer.concat(payloads).toString()).toBe("onetwothree");
    }),
  );
});
