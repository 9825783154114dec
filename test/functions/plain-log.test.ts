import fc from "fast-check";
import { expect, test } from "vitest";
import { plainLog } from "#functions/http/pages/plain-log.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** What a page shows that asks for one piece after another, each from the offset that it was told. */
function asFollowed(bytes: Uint8Array, pieces: readonly number[]): string {
  let shown = "";
  let offset = 0;
  let there = 0;
  for (const piece of [...pieces, bytes.length]) {
    there = Math.min(bytes.length, there + piece);
    const { text, usedBytes } = plainLog(bytes.subarray(offset, there), {
      complete: there === bytes.length,
    });
    shown += text;
    offset += usedBytes;
  }
  return shown;
}

test("a page that follows a log shows the same as one that opens it in the end, wherever pieces are cut", () => {
  const part = fc.constantFrom(
    "section_start:1700000000:build[collapsed=true]\r\x1b[0K",
    "\x1b[32;1mgreen\x1b[0;m",
    "\x1b]0;title\x07",
    "\x1b]0;title\x1b\\",
    "\x9b2J",
    "ż日本👩‍👩‍👧",
    "a\r\nb\r",
    "sections\n",
    "\ufffd",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(part.map(encode), fc.uint8Array({ maxLength: 4 })), { maxLength: 10 }),
      fc.array(fc.nat(20)),
      (parts, pieces) => {
        const bytes = Buffer.concat(parts);
        expect(asFollowed(bytes, pieces)).toBe(plainLog(bytes, { complete: true }).text);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("a megabyte of half a mark is text like any other", () => {
  const bytes = encode("section_end:1:a[".repeat(62_500));
  expect(plainLog(bytes, { complete: true })).toEqual({
    text: "section_end:1:a[".repeat(62_500),
    usedBytes: 1_000_000,
  });
});
