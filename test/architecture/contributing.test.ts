import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const topLevel = new Set(readdirSync(root));

/** Paths in backticks that begin in a folder of ours; those with a placeholder (NAME, <forge>) name none. */
function pathsIn(page: string): readonly string[] {
  const text = readFileSync(join(root, page), "utf8");
  const found = [...text.matchAll(/`([\w.-]+\/[\w./*-]*)`/g)].map(([, path = ""]) => path);
  const drawn = [...text.matchAll(/ ((?:src|functions|local)\/[\w./-]+)/g)].map(
    ([, path = ""]) => path,
  );
  return [...new Set([...found, ...drawn])].filter(
    (path) => topLevel.has(path.split("/")[0] ?? "") && !/NAME|NNNN|\/\.slipway|dist\//.test(path),
  );
}

function isThere(path: string): boolean {
  if (!path.includes("*")) return existsSync(join(root, path));
  const folder = path.slice(0, path.lastIndexOf("/"));
  const pattern = new RegExp(
    `^${path
      .slice(folder.length + 1)
      .replaceAll(".", "\\.")
      .replaceAll("*", ".*")}$`,
  );
  return (
    existsSync(join(root, folder)) &&
    readdirSync(join(root, folder)).some((name) => pattern.test(name))
  );
}

test.for(["CONTRIBUTING.md", "docs/architecture.md", "docs/releasing.md"])(
  "%s names files that are there",
  (page) => {
    const paths = pathsIn(page);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  },
);
