/**
 * What a runner and its helper say to each other over the helper's standard input and output: one byte of
 * kind, four of length, and the body.
 *
 * To the helper: `Q` a request (JSON), `D` a piece of an archive, `E` its end.
 * To the runner: `O` output of git, `L` a line for the log (JSON), `D` a piece of an archive, `R` the result
 * (JSON), `F` a failure (JSON).
 */
export type FrameKind = "Q" | "D" | "E" | "O" | "L" | "R" | "F";

export type Frame = { readonly kind: FrameKind; readonly body: Buffer };

const HEADER_BYTES = 5;
const KINDS: readonly FrameKind[] = ["Q", "D", "E", "O", "L", "R", "F"];

/** The other side says what it must not: it is not what it should be any more. */
export class BadFrame extends Error {
  override readonly name = "BadFrame";
}

export function encodeFrame(kind: FrameKind, body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(kind, "latin1");
  header.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

/** Frames as they come; throws `BadFrame` at one that is unknown or longer than `limitBytes`. */
export async function* readFrames(
  stream: AsyncIterable<Buffer>,
  limitBytes: number,
): AsyncGenerator<Frame, undefined> {
  let pieces: Buffer[] = [];
  let size = 0;
  let wanted = HEADER_BYTES;
  let kind: FrameKind | undefined;
  for await (const chunk of stream) {
    pieces.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const bytes = Buffer.concat(pieces);
      const body = bytes.subarray(0, wanted);
      pieces = [bytes.subarray(wanted)];
      size -= wanted;
      if (kind === undefined) {
        kind = KINDS.find((known) => known === body.toString("latin1", 0, 1));
        wanted = body.readUInt32BE(1);
        if (kind === undefined || wanted > limitBytes) throw new BadFrame("a frame is broken");
      } else {
        yield { kind, body };
        kind = undefined;
        wanted = HEADER_BYTES;
      }
    }
  }
  return undefined;
}
