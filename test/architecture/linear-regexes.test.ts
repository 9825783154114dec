import { join } from "node:path";
import { analyse } from "scslre";
import { describe, expect, test } from "vitest";
import { sourceRegexes } from "./source-regexes.ts";
import { worstTexts } from "./worst-texts.ts";

const root = join(import.meta.dirname, "../..");
const all = sourceRegexes(root);
const literals = all.flatMap(({ file, text, regex }) =>
  regex === undefined ? [] : [{ file, text, regex }],
);

/** Made at run time: from what, and one as it is made. */
const made: Readonly<Record<string, readonly RegExp[]>> = {
  // Names of AWS's services, in the operator's own settings.
  "src/project/aws-settings.ts: new RegExp(`^arn:aws[a-z-]*:${service}:\\\\S+$`)": [
    /^arn:aws[a-z-]*:kms:\S+$/,
  ],
  // Twelve words.
  'src/language/keyword/duration.ts: new RegExp(`\\\\b(?:${numbers.join("|")})\\\\b`, "g")': [
    /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b/g,
  ],
};

/** Not linear, for texts that are short whoever writes them. */
const onShortTexts = [
  // The source of a regular expression, of which `compileRegex` takes 4,000 characters.
  String.raw`src/language/expression/regex.ts: /\\[pPx]\{[^}]{0,64}\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|./gsu`,
];

/** What makes it slow, in words; empty where it takes time in proportion to every text. */
function problemsOf({ source, flags }: RegExp): readonly string[] {
  return analyse({ source, flags }).reports.map(
    ({ type, exponential }) => `${exponential ? "exponential" : "quadratic"} (${type})`,
  );
}

test("the source is really read", () => {
  expect(literals.length).toBeGreaterThan(300);
  expect(literals.map(({ file }) => file)).toContain("src/terminal/escapes.ts");
});

test("what is slow is found, by reading or by trying", () => {
  expect(problemsOf(/\/+$/)).toEqual(["quadratic (Move)"]);
  expect(problemsOf(/^(.*?)\s*<([^>]*)>$/s)).toContain("quadratic (Trade)");
  expect(isSlow(/section_end:\d+:[\w.-]+(?:\[[^\]]*\])?\r?/g)).toBe(true);
  expect(isSlow(/: \[.*\]\s*$/)).toBe(true);
  expect(isSlow(/section_end:\d{1,20}:[\w.-]{1,200}(?:\[[^\]\r\n]{0,500}\])?\r/)).toBe(false);
});

test("no regular expression takes more than linear time, whatever text it meets", () => {
  const slow = literals.flatMap(({ file, text, regex }) =>
    problemsOf(regex).map((problem) => ({ name: `${file}: ${text}`, problem })),
  );
  expect(slow.filter(({ name }) => !onShortTexts.includes(name))).toEqual([]);
  expect([...new Set(slow.map(({ name }) => name))]).toEqual(onShortTexts);
});

test("those that are made at run time are known, and linear too", () => {
  const found = all.flatMap(({ file, text, regex }) =>
    regex === undefined ? [`${file}: ${text}`] : [],
  );
  expect(found.toSorted()).toEqual(Object.keys(made).toSorted());
  for (const regex of Object.values(made).flat()) expect(problemsOf(regex)).toEqual([]);
});

/** Milliseconds of the processor, which say the same on a busy machine. */
function milliseconds(regex: RegExp, given: string): number {
  const before = process.cpuUsage();
  if (regex.global) given.replace(regex, "");
  else regex.exec(given);
  return process.cpuUsage(before).user / 1_000;
}

/** Further times say whether it was the text, or something else of this process, such as a garbage collection. */
function takesLonger(regex: RegExp, given: string, limit: number): boolean {
  return [1, 2, 3, 4].every(() => milliseconds(regex, given) > limit);
}

/** Whether a megabyte takes longer than 200 ms. One that is not linear would take minutes, and is found by less. */
function isSlow(regex: RegExp): boolean {
  const taken: number[] = [];
  for (const given of worstTexts(regex, 100_000)) {
    if (takesLonger(regex, given, 100)) return true;
    taken.push(milliseconds(regex, given));
  }
  const limit = taken.toSorted((one, other) => other - one)[3] ?? 0;
  return worstTexts(regex, 1_000_000)
    .filter((_, index) => (taken[index] ?? 0) >= limit)
    .slice(0, 4)
    .some((given) => takesLonger(regex, given, 200));
}

describe("a megabyte of its own worst text is met within 200 ms of processor time", () => {
  const met = literals.filter(({ file, text }) => !onShortTexts.includes(`${file}: ${text}`));
  const folderOf = (file: string): string => file.split("/").slice(0, 2).join("/");
  const folders = [...new Set(met.map(({ file }) => folderOf(file)))];
  test.each(folders)(
    "by each expression of %s",
    (folder) => {
      const slow: string[] = [];
      for (const { file, text, regex } of met.filter((one) => folderOf(one.file) === folder)) {
        if (isSlow(regex)) slow.push(`${file}: ${text}`);
      }
      expect(slow).toEqual([]);
    },
    120_000,
  );
});
