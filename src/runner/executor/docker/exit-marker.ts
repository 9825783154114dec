import { randomUUID } from "node:crypto";
import { type StreamFilter, startOfPossibleSecret } from "../../trace/mask.ts";

/** Takes the exit code that ends a script's output out of it. */
export type ExitMarker = StreamFilter & {
  /** What comes before the code; no output holds it by chance. */
  readonly text: string;
  /** Undefined until it has come whole. */
  readonly exitCode: () => number | undefined;
};

const NOTHING = Buffer.alloc(0);

export function createExitMarker(text = `\u001e${randomUUID()} `): ExitMarker {
  const needle = Buffer.from(text);
  let held: Buffer = NOTHING;
  let exitCode: number | undefined;

  function write(bytes: Buffer): Buffer {
    if (exitCode !== undefined) return NOTHING;
    const data = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const at = data.indexOf(needle);
    const end = at === -1 ? startOfPossibleSecret(data, [needle]) : at;
    held = Buffer.from(data.subarray(end));
    if (at === -1) return data.subarray(0, end);
    const code = /^(\d{1,3})\n/.exec(held.toString("latin1", needle.length));
    if (code !== null) exitCode = Number(code[1]);
    return data.subarray(0, end);
  }

  return {
    text,
    write,
    flush: () => (exitCode === undefined ? held : NOTHING),
    exitCode: () => exitCode,
  };
}
