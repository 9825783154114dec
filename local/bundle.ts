import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** Node 20.15 is the oldest that a build environment may carry: it is the first with `zlib.crc32`. */
const TARGET = "node20.15";

/**
 * Of dockerode's ways to an engine only sockets are used. The rest (SSH, and gRPC for a BuildKit
 * session) brings native add-ons and data files that a single file cannot hold.
 */
const UNUSED = /^(?:ssh2|cpu-features|protobufjs|@grpc\/grpc-js|@grpc\/proto-loader)$/;

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

const Note = z.object({ target: z.string(), inputs: z.record(z.string(), z.string()) });

/**
 * Bundles the runner into one file and gives its path. Built again only when one of the files it was
 * made of changed; several callers may do this at once.
 */
export function bundleRunner(): Promise<string> {
  return bundleProgram(join(PACKAGE, "src/runner/main.ts"), join(PACKAGE, "dist/runner.mjs"));
}

/** Bundles any program to one ES module file; `output` is complete whenever it exists. */
export async function bundleProgram(entry: string, output: string): Promise<string> {
  const noteFile = `${output}.inputs.json`;
  if (await isFresh(noteFile, output)) {
    return output;
  }
  const { build } = await import("esbuild");
  const result = await build({
    absWorkingDir: PACKAGE,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: TARGET,
    minify: true,
    keepNames: true,
    legalComments: "none",
    write: false,
    metafile: true,
    logLevel: "silent",
    // CommonJS libraries in an ES module still ask for `require` of Node's own modules.
    banner: {
      js: 'import{createRequire as slipwayRequire}from"node:module";const require=slipwayRequire(import.meta.url);',
    },
    plugins: [
      {
        name: "leave-out-unused",
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: "unused" }));
          onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: "module.exports={}" }));
        },
      },
    ],
  });
  const code = result.outputFiles[0]?.contents;
  if (code === undefined) {
    throw new Error(`esbuild made nothing of ${entry}`);
  }
  const files = Object.keys(result.metafile.inputs).filter((path) => !path.startsWith("unused:"));
  const inputs = await signatures(files);
  await mkdir(join(output, ".."), { recursive: true });
  await replace(output, code);
  await replace(noteFile, `${JSON.stringify({ target: TARGET, inputs })}\n`);
  return output;
}

async function isFresh(noteFile: string, output: string): Promise<boolean> {
  try {
    await stat(output);
    const note = Note.parse(JSON.parse(await readFile(noteFile, "utf8")));
    const now = await signatures(Object.keys(note.inputs));
    return (
      note.target === TARGET &&
      Object.entries(note.inputs).every(([path, signature]) => now[path] === signature)
    );
  } catch {
    return false;
  }
}

async function signatures(files: readonly string[]): Promise<Record<string, string>> {
  const pairs = files.map(async (path) => {
    const { mtimeMs, size } = await stat(join(PACKAGE, path));
    return [path, `${mtimeMs} ${size}`] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const next = join(path, "..", `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(next, content);
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
}
