import { describe, expect, test } from "vitest";
import { parseDuration } from "#language/keyword/duration.ts";

const rows: readonly (readonly [text: string, seconds: number | undefined])[] = [
  ["42", 42],
  ["42 seconds", 42],
  ["3 mins 4 sec", 184],
  ["2 hrs 20 min", 8_400],
  ["2h20min", 8_400],
  ["1.5 hours", 5_400],
  ["6 mos 1 day", 15_638_400],
  ["3 weeks and 2 days", 1_987_200],
  ["1 hour, 5 minutes", 3_900],
  ["one week", 604_800],
  ["Two hours and ten minutes", 7_800],
  ["an hour", undefined],
  ["twelve hours plus 5 min", 43_500],
  ["someone", undefined],
  ["1:30:00", 5_400],
  ["2:05", 125],
  [" 1 DAY ", 86_400],
  ["", undefined],
  ["never", undefined],
  ["1 fortnight", undefined],
  ["hour", undefined],
  ["-1 hour", undefined],
  ["1 hour ago", undefined],
  ["1 constructor", undefined],
  [`${"1s".repeat(100)}`, undefined],
];

describe("parseDuration", () => {
  test.for(rows)("%s is %s", ([text, seconds]) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});
