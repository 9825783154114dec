import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { DataDirectoryError } from "#local/data/data-directory.ts";
import { MachineProblem } from "#local/machine-problem.ts";

const local = resolve(import.meta.dirname, "../../local");

test("every failure that one machine's half names is one that the command line explains", () => {
  expect(new DataDirectoryError("")).toBeInstanceOf(MachineProblem);
  const files = readdirSync(local, { recursive: true, encoding: "utf8" });
  const others = files
    .filter((file) => file.endsWith(".ts") && file !== "machine-problem.ts")
    .filter((file) => /\bextends Error\b/.test(readFileSync(join(local, file), "utf8")));
  expect(others).toEqual([]);
});
