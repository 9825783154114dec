import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Metafile } from "esbuild";
import { inPackage, packageRoot } from "../package-root.ts";
import { esbuildOptions } from "./esbuild-options.ts";
import { type Note, readFreshNote, readNote, signatureOf } from "./note.mjs";
import { noteFileOf, type ProgramName, programs } from "./programs.mjs";
import { replaceFile } from "./replace-file.ts";
import { buildSettled } from "./settled-build.ts";

/** So long the files of an earlier bundle stay, for the commands that run from it. */
const keptMilliseconds = 24 * 60 * 60 * 1000;

/** All programs of this package that are started from bundles. */
export async function makeBundles(): Promise<void> {
  for (const name of ["client", "author", "service", "command-line"] as const)
    await makeBundle(name);
}

/**
 * Bundles a program below `dist/` and gives its note. Built again only when one of the files it was made of changed;
 * several callers may do this at once: files carry a hash of their content, and the note, which is written last,
 * says which ones belong together.
 */
export async function makeBundle(name: ProgramName): Promise<Note> {
  const noteFile = inPackage(noteFileOf(name));
  const fresh = readFreshNote(packageRoot, noteFile);
  if (fresh !== undefined) return fresh;
  const { entries, splitting } = programs[name];
  const directory = `dist/${name}`;
  const { build } = await import("esbuild");
  const { built, signatures } = await buildSettled(() =>
    build({
      ...esbuildOptions,
      entryPoints: entries,
      outdir: inPackage(directory),
      outExtension: { ".js": ".mjs" },
      entryNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
      splitting,
      // They hold machine code, or load files by names that they put together.
      external: ["esbuild", "classic-level", "dynalite", "level"],
      minifyWhitespace: true,
      minifySyntax: true,
      sourcemap: true,
      sourcesContent: false,
    }),
  );
  await mkdir(inPackage(directory), { recursive: true });
  for (const { path, contents } of built.outputFiles) {
    if (!existsSync(path)) await replaceFile(path, contents);
  }
  const files = built.outputFiles.map(({ path }) => relative(packageRoot, path));
  const started = entryFiles(built.metafile, entries);
  for (const file of Object.values(started)) signatures[file] = signatureOf(inPackage(file));
  const before = filesBefore(noteFile);
  await replaceFile(noteFile, `${JSON.stringify({ signatures, entries: started, files })}\n`);
  await removeOld(directory, new Set(files), before);
  return { signatures, entries: started, files };
}

function entryFiles(
  { outputs }: Metafile,
  entries: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([file, { entryPoint }]) =>
      Object.keys(entries)
        .filter((name) => entries[name] === entryPoint)
        .map((name) => [name, file]),
    ),
  );
}

function filesBefore(noteFile: string): readonly string[] {
  try {
    return readNote(noteFile).files;
  } catch {
    return [];
  }
}

/** What was used until now gets the present as its time, so that its days are counted from here. */
async function removeOld(
  directory: string,
  current: ReadonlySet<string>,
  before: readonly string[],
): Promise<void> {
  const now = new Date();
  for (const name of await readdir(inPackage(directory))) {
    const file = join(directory, name);
    const path = inPackage(file);
    if (current.has(file) || name === "note.json") continue;
    if (before.includes(file)) await utimes(path, now, now).catch(() => undefined);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now.getTime() }));
    if (now.getTime() - mtimeMs > keptMilliseconds) await rm(path, { force: true });
  }
}
