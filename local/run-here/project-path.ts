import { basename, resolve } from "node:path";
import { isProjectPath } from "#forge/project-path.ts";
import { askGit } from "./git.ts";

/** The project that a working tree is of, by its remote; else one named for its directory. */
export async function projectPathOf(directory: string): Promise<string> {
  for (const remote of ["slipway", "origin"]) {
    const url = await askGit({ directory }, ["remote", "get-url", remote]);
    const path = url === undefined ? undefined : pathInUrl(url);
    if (path !== undefined && isProjectPath(path)) return path;
  }
  const top = await askGit({ directory }, ["rev-parse", "--show-toplevel"]);
  const name = basename(top ?? resolve(directory));
  const plain = name.toLowerCase().replace(/[^a-z0-9._-]+/g, "-");
  return `local/${/^[a-z0-9]/.test(plain) ? plain : "project"}`;
}

/** `https://host/group/project.git` and `git@host:group/project.git` name one; a path on this machine does not. */
export function pathInUrl(url: string): string | undefined {
  const remote =
    /^(?:https?|ssh|git):\/\/[^/]+\/(.+)$/.exec(url) ?? /^[^/:]+:(?!\/)(.+)$/.exec(url);
  return remote?.[1]?.replace(/(?<!\/)\/+$/, "").replace(/\.git$/, "");
}
