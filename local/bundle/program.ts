import { mkdir } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { inPackage, packageRoot } from "../package-root.ts";
import { esbuildOptions } from "./esbuild-options.ts";
import { readFreshNote, signatureOf } from "./note.mjs";
import { replaceFile } from "./replace-file.ts";
import { buildSettled } from "./settled-build.ts";

/**
 * Bundles the runner into one file and gives its path. Built again only when one of the files it was
 * made of changed; several callers may do this at once.
 */
export function bundleRunner(): Promise<string> {
  return bundleProgram(inPackage("src/runner/main.ts"), inPackage("dist/runner.mjs"));
}

/** Bundles the process in front of the registry, as `bundleRunner` does. */
export function bundleRegistryFront(): Promise<string> {
  return bundleProgram(
    inPackage("local/registry/front-main.ts"),
    inPackage("dist/registry-front.mjs"),
  );
}

/** Bundles the process in front of the registry of a mirror, as `bundleRunner` does. */
export function bundleMirror(): Promise<string> {
  return bundleProgram(inPackage("local/registry/mirror-main.ts"), inPackage("dist/mirror.mjs"));
}

/**
 * Bundles any program to one ES module file that runs everywhere; `output` is complete whenever it exists, and its
 * source map lies beside it.
 */
export async function bundleProgram(entry: string, output: string): Promise<string> {
  const noteFile = `${output}.note.json`;
  if (readFreshNote(packageRoot, noteFile) !== undefined) return output;
  const { build } = await import("esbuild");
  const { built, signatures } = await buildSettled(() =>
    build({
      ...esbuildOptions,
      entryPoints: [entry],
      outfile: output,
      minify: true,
      keepNames: true,
      sourcemap: true,
      sourcesContent: false,
    }),
  );
  await mkdir(dirname(output), { recursive: true });
  for (const { path, contents } of built.outputFiles) await replaceFile(path, contents);
  const file = relative(packageRoot, output);
  const note = {
    // Another build at the same time may replace the file after this one did.
    signatures: { ...signatures, [file]: signatureOf(output) },
    entries: { main: file },
    files: [file],
  };
  await replaceFile(noteFile, `${JSON.stringify(note)}\n`);
  return output;
}
