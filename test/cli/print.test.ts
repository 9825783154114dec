import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asJson } from "#cli/print.ts";

const cli = join(import.meta.dirname, "../../cli");

test("only one file of the command line writes to the terminal", () => {
  const writers = readdirSync(cli, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .filter((file) =>
      /console\.|process\.std(?:out|err)\.write/.test(readFileSync(join(cli, file), "utf8")),
    );
  expect(writers).toEqual(["print.ts"]);
});

test("what it writes keeps colours and steers no terminal, on both streams", () => {
  const program = `
    import { print, printError, printPart } from "#cli/print.ts";
    const name = "build\\x1b]52;c;cm0=\\x07\\x1b[2J\\u009b2J\\u202e \\x1b[31mred\\x1b[0m\\ttab";
    print(name);
    printPart(name);
    printError(name);
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program],
    { cwd: join(cli, ".."), encoding: "utf8" },
  );
  const shown = "build \x1b[31mred\x1b[0m\ttab";
  expect(stdout).toBe(`${shown}\n${shown}`);
  expect(stderr).toBe(`${shown}\n`);
});

test("JSON says what there is, in characters that no terminal acts on", () => {
  const value = { name: "a\x1b\x07\x7f\u009b\u202e\u2066\u200f\u2028ż" };
  const text = asJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toBe(String.raw`{"name":"a\u001b\u0007\u007f\u009b\u202e\u2066\u200f\u2028ż"}`);
  expect(asJson([1], 2)).toBe("[\n  1\n]");
});
