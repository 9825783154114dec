import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import type { Settings } from "#project/parse-settings.ts";
import { settingsToJson } from "#project/settings-json.ts";

export type FunctionName = "http" | "work" | "builds" | "sweep";

/** What a bundle weighs, minified, without source maps. */
export type BundleSize = {
  /** What each start loads: the entry and all that it imports statically. */
  readonly startBytes: number;
  /** What single sources of ours add when they are needed first, by path; parts in common count for each. */
  readonly lateBytes: Readonly<Record<string, number>>;
  /** All that there is to load. */
  readonly totalBytes: number;
};

const packageDirectory = fileURLToPath(new URL("..", import.meta.url));
const builtInPipeline = join(packageDirectory, "src/project/Dockerfile.gitlab-ci.yml");
const entryName = "main";

/**
 * Makes the directory `output` anew, with all that a function is: `main.mjs` (export `handler`) with its parts,
 * the AWS SDK among them, and beside it the settings and the built-in pipeline. The same sources and settings
 * make the same files.
 */
export async function bundleFunction(
  name: FunctionName,
  options: { readonly output: string; readonly settings: Settings },
): Promise<BundleSize> {
  const { output, settings } = options;
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: packageDirectory,
    entryPoints: { [entryName]: join(packageDirectory, "functions", name, "main.ts") },
    outdir: output,
    outExtension: { ".js": ".mjs" },
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node24",
    // The SDK's packages are smaller as ES modules.
    mainFields: ["module", "main"],
    legalComments: "none",
    // Stack traces in the log name our files (`--enable-source-maps`), for about 12 ms of each start.
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: "silent",
    // CommonJS libraries in an ES module still ask for `require` of Node's own modules.
    plugins: [versionsOnly],
    banner: {
      js: 'import{createRequire as slipwayRequire}from"node:module";const require=slipwayRequire(import.meta.url);',
    },
  });
  await writeFile(join(output, "settings.json"), settingsToJson(settings));
  await copyFile(builtInPipeline, join(output, "Dockerfile.gitlab-ci.yml"));
  return sizeOf(metafile);
}

/** Of their own `package.json` the SDK's clients read the version. */
const versionsOnly: Plugin = {
  name: "versions-only",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[/\\]@aws-sdk[/\\][^/\\]+[/\\]package\.json$/ }, async ({ path }) => {
      const { version }: { version?: unknown } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

function sizeOf({ outputs }: Metafile): BundleSize {
  const code = Object.keys(outputs).filter((path) => path.endsWith(".mjs"));
  const bytesOf = (paths: Iterable<string>) =>
    [...paths].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
  const closure = (path: string, found = new Set<string>()): ReadonlySet<string> => {
    if (found.has(path) || outputs[path] === undefined) return found;
    found.add(path);
    for (const { path: imported, kind } of outputs[path].imports) {
      if (kind === "import-statement") closure(imported, found);
    }
    return found;
  };
  const atStart = closure(code.find((path) => path.endsWith(`/${entryName}.mjs`)) ?? "");
  const late = code.flatMap((path) => {
    const source = outputs[path]?.entryPoint ?? "";
    if (atStart.has(path) || !/^(?:src|functions)\//.test(source)) return [];
    return [[source, bytesOf([...closure(path)].filter((part) => !atStart.has(part)))] as const];
  });
  return {
    startBytes: bytesOf(atStart),
    lateBytes: Object.fromEntries(late),
    totalBytes: bytesOf(code),
  };
}
