import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const slipway = join(import.meta.dirname, "../../cli/slipway.js");

test.for([
  ["compile", "--help"],
  ["pipelines", "--help"],
])("a reader of slipway %s that leaves early sees no failure", async (args) => {
  const child = spawn(process.execPath, [slipway, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  const [said] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect(said).toBe("");
  expect(child.exitCode).toBe(0);
});
