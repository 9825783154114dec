import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logText, oneLine, terminalText } from "#terminal/readable.ts";

const whole = { colors: true, end: true };
const plain = { colors: false, end: true };

/** What is left of a text that comes in these pieces. */
function inPieces(pieces: readonly string[], show: typeof logText, colors: boolean): string {
  let shown = "";
  let rest = "";
  for (const piece of pieces) {
    const next = show(rest + piece, { colors, end: false });
    shown += next.text;
    rest = next.rest;
  }
  return shown + show(rest, { colors, end: true }).text;
}

const hostile = {
  "a title": ["\x1b]0;owned\x07", ""],
  "a title with ST": ["\x1b]2;owned\x1b\\", ""],
  "a clipboard": ["\x1b]52;c;cm0gLXJmIH4=\x07", ""],
  "a link": ["\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "here"],
  "a cleared screen": ["\x1b[2J\x1b[H", ""],
  "a moved cursor": ["a\x1b[3Ab\x1b[2Kc\x1b7d\x1b8", "abcd"],
  "another screen": ["\x1b[?1049h", ""],
  "a question that the terminal answers": ["\x1b[6n\x1b[c\x1bZ\x05", ""],
  "a reset terminal": ["\x1bc", ""],
  "another character set": ["\x1b(0\x0e\x0f\x1b%G", ""],
  "a mode that looks like a colour": ["\x1b[>4;2m\x1b[?4m\x1b[0 m", ""],
  "a device string": ["\x1bP$q\x22p\x1b\\", ""],
  "a private message and others": ["\x1b^a\x1b\\\x1b_b\x1b\\\x1bXc\x1b\\", ""],
  "C1 for the title": ["\x9d0;owned\x9c", ""],
  "C1 for the screen": ["\x9b2J", ""],
  "a colour by C1": ["\x9b31m", ""],
  "other C1": ["a\x85b\x84c\x8dd", "abcd"],
  "a bell, a step back, a deleted character": ["a\x07b\x08c\x7fd\x0be\x0cf\x00g", "abcdefg"],
  "text turned around": [
    "if (a \u202e // \u2066 b\u2069\u202a\u202b\u202c\u202d\u2067\u2068",
    "if (a  //  b",
  ],
  "a sequence within a sequence": ["\x1b]0;a\x1b[31mred", "\x1b[31mred"],
  "a broken sequence": ["\x1b[31\nmore", "\nmore"],
  "an escape of nothing": ["\x1b\x1b\x1bé", "é"],
  "a title that goes on for ever": [`\x1b]0;${"x".repeat(5000)}`, "x".repeat(5000 - 4094)],
  "a title that never ends": ["\x1b]0;a\nthe rest of the log", "\nthe rest of the log"],
  "numbers without end": [`\x1b[${"1".repeat(200)}m`, `${"1".repeat(72)}m`],
  "half a sequence at the end": ["done\x1b[3", "done"],
} as const;

describe("text of strangers, for a terminal", () => {
  test.each(Object.entries(hostile))("has nothing of %s", (_, [given, shown]) => {
    expect(terminalText(given, whole)).toEqual({ text: shown, rest: "" });
    expect(logText(given, whole)).toEqual({ text: shown, rest: "" });
  });

  test("keeps colours, or leaves them out", () => {
    const given = "\x1b[31;1mred\x1b[m \x1b[38;5;208morange\x1b[0;m \x1b[48:2::1:2:3mrgb\x1b[0m";
    expect(terminalText(given, whole).text).toBe(given);
    expect(terminalText(given, plain).text).toBe("red orange rgb");
  });

  test("keeps tabs, line feeds, carriage returns and all languages", () => {
    const given = "a\tb\r\n50 %\r100 %\n żółć 日本語 עברית 👩‍👩‍👧 ﷽";
    expect(terminalText(given, whole).text).toBe(given);
  });

  test("is the same in whatever pieces it comes", () => {
    const piece = fc.constantFrom(
      ...Object.values(hostile).map(([given]) => given),
      "section_start:1700000000:build[collapsed=true]\r\x1b[0K",
      "section_end:1:a[\r",
      "section_",
      "s",
      "\r",
      "\n",
      "plain text",
      "\x1b[32mgreen\x1b[0m",
      "\x1b",
      "\x1b]",
      "ż",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(40)),
        fc.boolean(),
        (parts, cuts, colors) => {
          const text = parts.join("");
          const pieces: string[] = [];
          let from = 0;
          for (const cut of cuts) {
            pieces.push(text.slice(from, from + cut));
            from += cut;
          }
          pieces.push(text.slice(from));
          for (const show of [logText, terminalText]) {
            expect(inPieces(pieces, show, colors)).toBe(show(text, { colors, end: true }).text);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("never has a control left in it, whatever comes, and nothing waits for long", () => {
    const unit = fc.oneof(
      fc.constantFrom(..."\x1b\x9b\x9d[]0;m\x07\\P?> s_\n\r"),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    const left =
      /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\[[\d;:]*m)/;
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.boolean(), (units, end) => {
        const text = units.join("");
        for (const show of [logText, terminalText]) {
          const { text: shown, rest } = show(text, { colors: true, end });
          expect(shown).not.toMatch(left);
          expect(rest.length).toBeLessThan(4_200);
          expect(terminalText(shown, whole).text).toBe(shown);
        }
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f]/u);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the log of a job", () => {
  test("has no marks of sections", () => {
    const given =
      "section_start:1700000000:prepare[collapsed=true]\r\x1b[0K\x1b[36;1mPreparing\x1b[0;m\nsection_end:1700000001:prepare\r\x1b[0Kdone\n";
    expect(logText(given, plain).text).toBe("Preparing\ndone\n");
    expect(logText(given, whole).text).toBe("\x1b[36;1mPreparing\x1b[0;m\ndone\n");
  });

  test("keeps words that only look like marks", () => {
    const given = "section_start section_ends:1:a section_end:x:a\nthe sections s";
    expect(logText(given, plain).text).toBe(given);
    expect(logText("section_end:1:a", plain).text).toBe("section_end:1:a");
    expect(logText("section_end:1:a[\x1b]0;b", plain).text).toBe("section_end:1:a[");
  });

  test("without colours ends its lines with a line feed", () => {
    expect(logText("a\r\nb\rc\r", plain).text).toBe("a\nb\rc");
    expect(logText("a\r", { colors: false, end: false })).toEqual({ text: "a", rest: "\r" });
  });
});

test("a name is one line", () => {
  expect(
    oneLine("build\x1b[2J\x1b]0;x\x07 \x1b[31mred\x1b[0m\r\n\r\npipeline 1: success\u2028x\u200f!"),
  ).toBe("build red pipeline 1: success x!");
});
