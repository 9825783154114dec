import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The directory that holds Slipway's package.json. Files of the package are named from here: a path from
 * `import.meta.url` is another one in a bundle, which lies in `dist/`.
 */
export const packageRoot: string = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** Path of a file of the package, such as `inPackage("local/git-host/hooks")`. */
export function inPackage(path: string): string {
  return join(packageRoot, path);
}

function rootAbove(directory: string): string {
  if (existsSync(join(directory, "package.json"))) return directory;
  const above = dirname(directory);
  if (above === directory) throw new Error("Slipway's package.json is missing");
  return rootAbove(above);
}
