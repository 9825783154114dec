import { expect, test } from "vitest";
import { type KeywordTable, keywords } from "#language/tree/keywords.ts";

const entries = Object.entries<KeywordTable>(keywords).flatMap(([section, table]) =>
  Object.entries(table).map(([name, keyword]) => ({ keyword: `${section}: ${name}`, ...keyword })),
);

test("every keyword that does not work as in GitLab says what is not done", () => {
  const silent = entries.filter(({ support, note }) => support !== "works" && !note?.endsWith("."));
  expect(silent).toEqual([]);
});

test("keywords that work need no excuse; only includes say where files may come from", () => {
  const noted = entries.filter(({ support, note }) => support === "works" && note);
  expect(noted.map(({ keyword }) => keyword)).toEqual([
    "include: remote",
    "include: project",
    "include: component",
    "include: template",
  ]);
});
