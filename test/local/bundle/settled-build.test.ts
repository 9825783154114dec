import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, test } from "vitest";
import { esbuildOptions } from "#local/bundle/esbuild-options.ts";
import { signatureOf } from "#local/bundle/note.mjs";
import { buildSettled } from "#local/bundle/settled-build.ts";
import { packageRoot } from "#local/package-root.ts";

let directory: string;
let entry: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "slipway-settled-"));
  entry = join(directory, "program.ts");
  writeFileSync(entry, 'console.log("first");');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A build after which somebody writes the source, as long as there are words. */
function buildThenWrite(...words: string[]) {
  return async () => {
    const built = await build({ ...esbuildOptions, entryPoints: [entry], outdir: directory });
    const [word] = words.splice(0, 1);
    if (word !== undefined) writeFileSync(entry, `console.log("${word}");`);
    return built;
  };
}

test("what was written while it was bundled is in the bundle", async () => {
  const { built, signatures } = await buildSettled(buildThenWrite("second", "third"));
  expect(built.outputFiles[0]?.text).toContain('"third"');
  expect(signatures[relative(packageRoot, entry)]).toBe(signatureOf(entry));
});

test("a source that is written again and again is built anew the next time", async () => {
  const words = Array.from({ length: 20 }, (_, index) => `word ${index}`);
  const { signatures } = await buildSettled(buildThenWrite(...words));
  expect(signatures[relative(packageRoot, entry)]).not.toBe(signatureOf(entry));
});
