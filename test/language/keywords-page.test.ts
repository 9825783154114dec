import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keywordsPage } from "#cli/author/keywords-page.ts";
import { type KeywordTable, keywords } from "#language/tree/keywords.ts";

const page = readFileSync(new URL("../../docs/keywords.md", import.meta.url), "utf8");

test("docs/keywords.md is what the compiler's table says (otherwise: npm run docs)", () => {
  expect(page).toBe(keywordsPage());
});

test("every keyword of the table has a row of its own", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const entries = Object.values<KeywordTable>(keywords).flatMap((table) => Object.keys(table));
  expect(rows).toHaveLength(entries.length);
});
