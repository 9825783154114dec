import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The rows of the table below a heading of a document. */
function rowsBelow(path: string, heading: string): readonly string[] {
  const section =
    read(path)
      .split(`\n${heading}\n`)[1]
      ?.split(/\n##+ /)[0] ?? "";
  return section.split("\n").filter((line) => /^\| (?!(what|attack) \|)/.test(line));
}

const tables = [
  ["docs/architecture.md", "### On AWS, and which test shows it", 15],
  ["docs/security.md", "## Attacks, what happens, and which test shows it", 30],
] as const;

describe.each(tables)("the table in %s below %s", (path, heading, least) => {
  const rows = rowsBelow(path, heading);

  test("has its rows", () => {
    expect(rows.length).toBeGreaterThan(least);
  });

  test.each(rows)("names tests that are there: %s", (row) => {
    const shown = [...row.matchAll(/`(test\/[\w/.-]+)` "([^"]+)"/g)];
    expect(shown.length).toBeGreaterThan(0);
    expect(shown).toHaveLength(row.match(/`test\//g)?.length ?? 0);
    for (const [, file = "", title = ""] of shown) expect(read(file)).toContain(`"${title}"`);
  });
});

test("every attack that has a test of its own is in the table of attacks", () => {
  const rows = rowsBelow("docs/security.md", "## Attacks, what happens, and which test shows it");
  const files = readdirSync(new URL("test/security", root)).filter((name) =>
    name.endsWith(".test.ts"),
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(rows.join("\n")).toContain(`\`test/security/${file}\``);
});
