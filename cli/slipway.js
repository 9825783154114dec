#!/usr/bin/env node
import { readFileSync, statSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// Editors and hooks call these all the time: they start from a bundle, everything else from its sources.
const authorCommands = new Set(["lint", "compile", "simulate"]);
const home = fileURLToPath(new URL("..", import.meta.url));
const entry = `${home}cli/author/main.ts`;
const bundle = `${home}dist/author.mjs`;

if (!authorCommands.has(process.argv[2] ?? "")) {
  await useSources();
  await import("./main.ts");
} else if (isFresh()) {
  module.enableCompileCache?.(`${home}dist/compile-cache`);
  await import("../dist/author.mjs");
} else {
  await useSources();
  await import((await makeBundle()) ? "../dist/author.mjs" : "./author/main.ts");
}

async function useSources() {
  const { register } = await import("tsx/esm/api");
  register();
}

/** Whether the bundle is there and none of its sources has changed, by the note that its maker leaves. */
function isFresh() {
  try {
    statSync(bundle);
    const { inputs } = JSON.parse(readFileSync(`${bundle}.inputs.json`, "utf8"));
    return Object.entries(inputs).every(([path, signature]) => {
      const { mtimeMs, size } = statSync(home + path);
      return signature === `${mtimeMs} ${size}`;
    });
  } catch {
    return false;
  }
}

async function makeBundle() {
  try {
    const { bundleProgram } = await import("../local/bundle.ts");
    await bundleProgram(entry, bundle);
    return true;
  } catch (error) {
    console.error(
      `slipway: runs from its sources, which is slower, as no bundle could be made: ${error.message}`,
    );
    return false;
  }
}
