import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { readBounded } from "./bounded-text.ts";
import { listTree } from "./git.ts";

/** More files than this are not listed where no repository says which ones count. */
const mostFiles = 100_000;

/** A file of a project's directory; nothing outside it, neither by `..` nor through a link. */
export async function readInside(root: string, path: string): Promise<string | undefined> {
  try {
    const inside = await realpath(resolve(root, path.replace(/^\/+/, "")));
    const [top, found] = await Promise.all([realpath(root), stat(inside)]);
    if (!inside.startsWith(top.endsWith(sep) ? top : top + sep) || !found.isFile())
      return undefined;
    return await readBounded(inside);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** All files below a directory: those that git counts, or without a repository simply all. */
export async function listInside(root: string): Promise<readonly string[]> {
  return (await listTree(root)) ?? (await walk(root));
}

async function walk(root: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const directory = next;
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== ".git") waiting.push(path);
      } else {
        paths.push(relative(root, path).split(sep).join("/"));
      }
    }
    if (paths.length > mostFiles) break;
  }
  return paths.sort();
}
