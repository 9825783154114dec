import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import type { Log } from "../trace/trace.ts";
import { compilePathPattern, type PathPattern } from "./path-patterns.ts";
import { codeOf, LinkInTheWay, nameOf, type ProjectFiles, parentOf } from "./project-files.ts";

export type FoundFile = {
  /** Relative to the project. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  /** As `lstat` gives it, with the bits of the kind. */
  readonly mode: number;
  readonly modifiedAt: Date;
  readonly owner: { readonly uid: number; readonly gid: number };
};

export type FileRequest = {
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  /** Paths that git tracks: all others are wanted too. Undefined where untracked files are not. */
  readonly tracked: ReadonlySet<string> | undefined;
};

/** Larger trees are refused: nothing good comes of an archive with more. */
const mostFiles = 1_000_000;

/**
 * Finds what a job's patterns stand for, directories with all that is in them. Links are found as links and
 * never followed; sockets, pipes and devices are left out. Each pattern gets a line in the log.
 */
export async function findFiles(
  files: ProjectFiles,
  projectDirectory: string,
  request: FileRequest,
  log: Log,
): Promise<readonly FoundFile[]> {
  const found = new Map<string, FoundFile>();
  const excluded = new Map<string, number>();
  const exclusions = compileAll(request.exclude, projectDirectory, log);

  const take = (file: FoundFile): void => {
    if (found.has(file.path)) return;
    const exclusion = exclusions.find((pattern) => isMatch(pattern, file.path));
    if (exclusion !== undefined) {
      excluded.set(exclusion.written, (excluded.get(exclusion.written) ?? 0) + 1);
      return;
    }
    if (found.size >= mostFiles) throw new Error(`There are more than ${mostFiles} files.`);
    found.set(file.path, file);
  };

  for (const pattern of compileAll(request.paths, projectDirectory, log)) {
    const before = found.size;
    await walkPattern(files, pattern, take);
    const count = found.size - before;
    if (count > 0) {
      log.line(`${pattern.written}: found ${count} matching artifact files and directories`);
    } else {
      log.warning(
        `${pattern.written}: no matching files. Ensure that the artifact path is relative to the working directory (${projectDirectory})`,
      );
    }
  }
  if (request.tracked !== undefined) {
    const before = found.size;
    await walkUntracked(files, request.tracked, take);
    log.line(`untracked: found ${found.size - before} files`);
  }
  for (const [written, count] of excluded) log.line(`${written}: excluded ${count} files`);
  if ([...found.keys()].some((path) => path === ".git" || path.startsWith(".git/"))) {
    log.warning("Part of .git directory is on the list of files to archive");
  }
  return [...found.values()];
}

function compileAll(paths: readonly string[], projectDirectory: string, log: Log): PathPattern[] {
  return paths.flatMap((path) => {
    const pattern = compilePathPattern(path, projectDirectory);
    if (!("problem" in pattern)) return [pattern];
    log.warning(pattern.problem);
    return [];
  });
}

function isMatch(pattern: PathPattern, path: string): boolean {
  return pattern.matches === undefined ? pattern.start === path : pattern.matches(path);
}

type Take = (file: FoundFile) => void;

async function walkPattern(files: ProjectFiles, pattern: PathPattern, take: Take): Promise<void> {
  if (pattern.matches === undefined) {
    const file = pattern.start === "" ? undefined : await describe(files, pattern.start);
    if (file !== undefined) take(file);
    if (pattern.start === "" || file?.kind === "directory") {
      await walk(files, pattern.start, async (inner) => {
        take(inner);
        return true;
      });
    }
    return;
  }
  const { matches } = pattern;
  const top = pattern.start === "" ? 0 : pattern.start.split("/").length;
  const whole = new Set<string>();
  await walk(files, pattern.start, async (file) => {
    if (whole.has(parentOf(file.path)) || matches(file.path)) {
      if (file.kind === "directory") whole.add(file.path);
      take(file);
      return true;
    }
    return file.path.split("/").length - top < pattern.depth;
  });
}

async function walkUntracked(
  files: ProjectFiles,
  tracked: ReadonlySet<string>,
  take: Take,
): Promise<void> {
  await walk(files, "", async (file) => {
    // A tracked directory is a submodule, which has files of its own.
    if (file.path === ".git" || tracked.has(file.path)) return false;
    if (file.kind !== "directory") take(file);
    return true;
  });
}

/** Visits all below a directory, parents first; `enter` says whether to go into a directory it is given. */
async function walk(
  files: ProjectFiles,
  directory: string,
  enter: (file: FoundFile) => Promise<boolean>,
): Promise<void> {
  const children = await list(files, directory);
  for (const child of children) {
    const goOn = await enter(child);
    if (child.kind === "directory" && goOn) await walk(files, child.path, enter);
  }
}

async function list(files: ProjectFiles, directory: string): Promise<readonly FoundFile[]> {
  const opened = await unlessAbsent(files.open(directory));
  if (opened === undefined) return [];
  const entries: Dirent[] = await readdir(opened.at("."), { withFileTypes: true });
  const described = await Promise.all(
    entries
      .filter((entry) => entry.isFile() || entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) =>
        describeAt(
          opened.at(entry.name),
          directory === "" ? entry.name : `${directory}/${entry.name}`,
        ),
      ),
  );
  return described.filter((file) => file !== undefined).sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function describe(files: ProjectFiles, path: string): Promise<FoundFile | undefined> {
  const opened = await unlessAbsent(files.open(parentOf(path)));
  return opened === undefined ? undefined : describeAt(opened.at(nameOf(path)), path);
}

async function describeAt(place: string, path: string): Promise<FoundFile | undefined> {
  const stats = await lstat(place).catch(() => undefined);
  if (stats === undefined) return undefined;
  const kind = stats.isFile()
    ? "file"
    : stats.isDirectory()
      ? "directory"
      : stats.isSymbolicLink()
        ? "link"
        : undefined;
  const owner = { uid: stats.uid, gid: stats.gid };
  return kind && { path, kind, mode: stats.mode, modifiedAt: stats.mtime, owner };
}

/** What is behind a link, not there at all or closed to this program is simply not found. */
async function unlessAbsent<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof LinkInTheWay || ["ENOENT", "EACCES"].includes(codeOf(error) ?? "")) {
      return undefined;
    }
    throw error;
  }
}
