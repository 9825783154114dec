import { readFileSync } from "node:fs";

/** Text of a file that `bundleFunction` puts beside the function's code. */
export function readBundledFile(name: "settings.json" | "Dockerfile.gitlab-ci.yml"): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
}
