import { join } from "node:path";

const segment = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const deepest = 5;

/**
 * Whether a path may name a project of the built-in git host: one to five levels, as GitLab spells
 * names. It can hold neither a traversal nor an option, and no level can be taken for a repository.
 */
export function isProjectPath(path: string): boolean {
  const levels = path.split("/");
  return (
    levels.length <= deepest &&
    levels.every((level) => segment.test(level) && !/\.(?:git|atom)$/i.test(level))
  );
}

/** Where the git host keeps a project's bare repository; undefined where the path names none. */
export function repositoryDirectory(root: string, project: string): string | undefined {
  return isProjectPath(project) ? join(root, `${project}.git`) : undefined;
}
