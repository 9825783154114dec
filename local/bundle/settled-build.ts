import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildResult, Metafile } from "esbuild";
import { inPackage } from "../package-root.ts";
import { settingFiles, unusedNamespace } from "./esbuild-options.ts";
import { signatureOf } from "./note.mjs";

type Built = BuildResult<{ write: false; metafile: true }>;

/** File systems note times by a clock that may be so much behind. */
const clockMilliseconds = 50;
const maxBuilds = 5;

/**
 * Builds, and again where a source was written meanwhile: whether its old or its new content was read, nobody knows.
 * Gives what was built last, and the signatures of what it was built of.
 */
export async function buildSettled(
  build: () => Promise<Built>,
): Promise<{ readonly built: Built; readonly signatures: Record<string, string> }> {
  for (let builds = 1; ; builds++) {
    const began = Date.now() - clockMilliseconds;
    const built = await build();
    const sources = await Promise.all(
      sourcesOf(built.metafile).map(async (path) => ({ path, ...(await lookAt(path)) })),
    );
    const changed = sources.filter(({ written }) => written >= began);
    if (changed.length === 0 || builds === maxBuilds) {
      const signatures = sources.map(({ path, signature }) => [path, signature] as const);
      const unsure = changed.map(({ path }) => [path, "written while the bundle was made"]);
      return { built, signatures: Object.fromEntries([...signatures, ...unsure]) };
    }
    await sleep(clockMilliseconds);
  }
}

function sourcesOf({ inputs }: Metafile): readonly string[] {
  const read = Object.keys(inputs).filter((path) => !path.startsWith(`${unusedNamespace}:`));
  return [...new Set([...settingFiles.filter((path) => existsSync(inPackage(path))), ...read])];
}

/** When a file was written last, by the system's own clock: tools such as `cp -p` can set the other times. */
async function lookAt(path: string): Promise<{ signature: string; written: number }> {
  const full = inPackage(path);
  const { ctimeMs } = await stat(full);
  return { signature: signatureOf(full), written: ctimeMs };
}
