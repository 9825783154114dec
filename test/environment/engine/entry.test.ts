import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { entryScript } from "#environment/engine/entry.ts";

test.each([
  ["closes the cloud's metadata before its jobs begin", {}, true],
  ["leaves it open where the project may reach it", { allowMetadata: true }, false],
])("the entry of an engine container %s", (_what, spec, closes) => {
  const script = entryScript(60, spec);
  expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
  const rule = script.indexOf("-d 169.254.169.254");
  const start = script.indexOf("bash --norc");
  expect(rule > script.indexOf("start_engine") && rule < start).toBe(closes);
  expect(script.includes("169.254")).toBe(closes);
});
