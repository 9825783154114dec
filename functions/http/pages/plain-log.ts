import { logText } from "#terminal/readable.ts";

/** A piece of a job's log as plain text, and how many of its bytes that text is made of. */
export type PlainLog = { readonly text: string; readonly usedBytes: number };

/**
 * Colours, controls and the marks of sections are taken out. A character or sequence that may go on behind the piece is
 * left to the next one, which begins after the bytes used.
 */
export function plainLog(
  bytes: Uint8Array,
  { complete }: { readonly complete: boolean },
): PlainLog {
  const whole = complete ? bytes : bytes.subarray(0, endOfCharacters(bytes));
  const { text, rest } = logText(new TextDecoder().decode(whole), {
    colors: false,
    end: complete,
  });
  return { text, usedBytes: startOfRest(whole, rest) };
}

/** Where the last character that is whole ends (RFC 3629, section 3). */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
    if (byte < 0x80) return bytes.length;
  }
  return bytes.length;
}

/** A rest begins with a control or a letter, each of which stands for the same bytes wherever it is. */
function startOfRest(bytes: Uint8Array, rest: string): number {
  const first = rest.charAt(0);
  if (first === "") return bytes.length;
  const search = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = bytes.length;
  for (let left = rest.split(first).length - 1; left > 0; left--) {
    at = search.lastIndexOf(first, at - 1);
  }
  return at;
}
