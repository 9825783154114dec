import { cp, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFunction } from "#functions/bundle.ts";
import { bundleRunner } from "#local/bundle/program.ts";
import type { Settings } from "#project/parse-settings.ts";
import type { Assets } from "./assets.ts";
import { functionNames } from "./permissions.ts";

const buildspecs = fileURLToPath(new URL("../buildspecs", import.meta.url));

/** Bundles the functions and the runner into a new directory, which whoever asked for it removes. */
export async function bundleAssets(
  settings: Settings,
): Promise<{ readonly assets: Assets; readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-assets-"));
  const runner = join(directory, "runner");
  await mkdir(runner);
  await Promise.all([
    ...functionNames.map((name) =>
      bundleFunction(name, { output: join(directory, name), settings }),
    ),
    cp(buildspecs, join(runner, "buildspecs"), { recursive: true }),
    bundleRunner().then((file) => cp(file, join(runner, "runner.mjs"))),
  ]);
  const functions = {
    http: join(directory, "http"),
    work: join(directory, "work"),
    builds: join(directory, "builds"),
    sweep: join(directory, "sweep"),
  };
  return { assets: { functions, runner }, directory };
}
