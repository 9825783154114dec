import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { settingsFileFor } from "#local/run-here/run-settings.ts";
import { loadSettings } from "#local/wire/load-settings.ts";

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "slipway-tree-"));
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

const shell = "defaults: {executor: shell}\n";

test("a tree's own slipway.yaml is not obeyed, and the run says how to have it obeyed", () => {
  writeFileSync(join(tree, "slipway.yaml"), shell);
  const { file, remark } = settingsFileFor({ directory: tree });
  expect(file).toBeUndefined();
  expect(remark).toContain("--config slipway.yaml");
});

test("nor is one in a data directory that the tree brings along", () => {
  mkdirSync(join(tree, ".slipway"));
  writeFileSync(join(tree, ".slipway/slipway.yaml"), shell);
  expect(settingsFileFor({ directory: tree }).file).toBeUndefined();
});

test("that of a data directory which was named is, and so is a file which was named", async () => {
  mkdirSync(join(tree, "data"));
  writeFileSync(join(tree, "data/slipway.yaml"), shell);
  const files = [
    settingsFileFor({ directory: tree, data: join(tree, "data") }),
    settingsFileFor({ directory: tree, config: "data/slipway.yaml" }),
  ];
  for (const { file, remark } of files) {
    expect((await loadSettings(file ?? "")).defaults.executor).toBe("shell");
    expect(remark).toBeUndefined();
  }
});
