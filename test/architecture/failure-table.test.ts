import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const rows = read("docs/architecture.md")
  .split("### On AWS, and which test shows it")[1]
  ?.split("\n## ")[0]
  ?.split("\n")
  .filter((line) => /^\| (?!what \|)/.test(line));

test("every row of the failure table names tests that are there", () => {
  expect(rows?.length).toBeGreaterThan(15);
  for (const row of rows ?? []) {
    const shown = [...row.matchAll(/`(test\/[\w/.-]+)` "([^"]+)"/g)];
    expect(shown.length, row).toBeGreaterThan(0);
    for (const [, file = "", title = ""] of shown) expect(read(file)).toContain(`"${title}"`);
  }
});
