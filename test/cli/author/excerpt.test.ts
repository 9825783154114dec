import { describe, expect, test } from "vitest";
import { excerptOf } from "../../../cli/author/excerpt.ts";

/** What stands right of the gutter: the line, and under it the caret. */
function drawn(text: string, line: number, column: number, columns = 80): readonly string[] {
  const excerpt = excerptOf(text, line, column, columns);
  return excerpt === undefined ? [] : [excerpt.source.slice(8), excerpt.caret.slice(8)];
}

describe("excerptOf", () => {
  test("numbers the line and lines the caret up with it", () => {
    expect(excerptOf("a\nb:  c\n", 2, 5, 80)).toEqual({
      source: "    2 | b:  c",
      caret: "      |     ^",
    });
  });

  test.for<[string, string, number, string, string]>([
    ["the first column", "abc", 1, "abc", "^"],
    ["the last character", "abc", 3, "abc", "  ^"],
    ["right after the line", "abc", 4, "abc", "   ^"],
    ["far after the line", "abc", 99, "abc", "   ^"],
    ["an empty line", "", 1, "", "^"],
    ["a line that ends with CR", "abc\r", 3, "abc", "  ^"],
    ["a tab before", "\tx: 1", 2, "    x: 1", "    ^"],
    ["a tab after a letter", "a\tx", 3, "a   x", "    ^"],
    ["a tab after wide characters", "日\tx", 3, "日  x", "    ^"],
    ["wide characters before", "日本: x", 5, "日本: x", "      ^"],
    ["an emoji before (two UTF-16 units)", "🚀 x", 4, "🚀 x", "   ^"],
    ["a joined emoji before", "👩‍💻 x", 7, "👩‍💻 x", "   ^"],
    ["a combining accent before", "e\u0301 x", 4, "e\u0301 x", "  ^"],
    ["halfwidth katakana before", "ｱｲ x", 4, "ｱｲ x", "   ^"],
    ["a column inside a character", "🚀x", 2, "🚀x", "^"],
    ["a control character before", "\u001b[31mx", 6, "\\u001b[31mx", "          ^"],
  ])("points at %s", ([, text, column, line, caret]) => {
    expect(drawn(text, 1, column)).toEqual([line, caret]);
  });

  test.for<[string, number]>([
    ["the beginning", 1],
    ["the middle", 500],
    ["the end", 1_000],
    ["after the end", 1_001],
  ])("cuts a long line to the terminal and keeps %s in sight", ([, column]) => {
    const text = Array.from({ length: 1_000 }, (_, index) => String(index % 10)).join("");
    const [line = "", caret = ""] = drawn(text, 1, column, 50);
    expect(line.length).toBeLessThanOrEqual(42);
    expect(caret.length).toBeLessThanOrEqual(42);
    expect(line[caret.length - 1]).toBe(text[column - 1]);
    expect(line.startsWith("…")).toBe(column > 1);
    expect(line.endsWith("…")).toBe(column < 1_000);
  });

  test("cuts wide characters to the terminal's columns, not to their number", () => {
    const [line = "", caret = ""] = drawn("日".repeat(200), 1, 101, 50);
    expect([...line].filter((character) => character === "日").length).toBeLessThanOrEqual(20);
    expect(caret.length % 2).toBe(0);
  });

  test("does not take a line of a megabyte apart", () => {
    const [line = ""] = drawn("x".repeat(1_000_000), 1, 500_000);
    expect(line.startsWith("…x")).toBe(true);
  });

  test("has nothing to show for a line that is not there", () => {
    expect(drawn("a\nb", 3, 1)).toEqual([]);
  });
});
