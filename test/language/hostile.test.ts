import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { compileCase } from "./compile-case.ts";
import { harmless, refused } from "./hostile-inputs.ts";

// Each of these took seconds, or all the memory, in some form of the compiler or of its YAML library.
describe("compile refuses what is out of bounds and names the limit", () => {
  test.for(refused)("$name", async ({ text, request, message }) => {
    const result = await compileCase(text, request);
    expect(result.status).toBe("invalid");
    expect(result.diagnostics.map((one) => one.message).join("\n")).toContain(message);
  });
});

describe("compile takes in its stride", () => {
  test.for(harmless)("$name", async ({ text, request }) => {
    const result = await compileCase(text, request);
    expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(result.status).toBe("created");
  });
});

test("256 MB are enough for all of them, one after the other", async () => {
  const child = new URL("hostile-child.ts", import.meta.url).pathname;
  const arguments_ = ["--max-old-space-size=256", "--import", "tsx", child];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_);
  expect(JSON.parse(stdout)).toHaveLength(refused.length + harmless.length);
});

test("the number of findings is bounded", async () => {
  const text = Array.from({ length: 3_000 }, (_, i) => `j${i}:\n  scripts: x\n`).join("");
  expect((await compileCase(text)).diagnostics).toHaveLength(100);
});
