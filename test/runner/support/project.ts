import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type FileRequest, type FoundFile, findFiles } from "#runner/archive/find-files.ts";
import { projectFiles } from "#runner/archive/project-files.ts";
import type { JobPaths } from "#runner/executor/variables.ts";
import type { Log } from "#runner/trace/trace.ts";

/** A project directory on disk, as a job leaves it. */
export type TestProject = {
  /** Holds `builds` and whatever else a test needs beside it. */
  readonly root: string;
  readonly directory: string;
  readonly paths: JobPaths;
  readonly find: (
    request: Partial<FileRequest>,
  ) => Promise<{ found: readonly FoundFile[]; log: string }>;
  readonly remove: () => void;
};

export const projectInside = "/builds/group/project";

/** Entries end with `/` for a directory, hold ` -> ` for a link and ` +x` for a program. */
export function testProject(entries: readonly string[]): TestProject {
  const root = mkdtempSync(join(tmpdir(), "slipway-project-"));
  const directory = join(root, "builds/group/project");
  mkdirSync(directory, { recursive: true });
  for (const entry of entries) {
    const [name = "", aim] = entry.split(" -> ");
    const path = join(directory, name.replace(" +x", ""));
    mkdirSync(dirname(path), { recursive: true });
    if (name.endsWith("/")) mkdirSync(path, { recursive: true });
    else if (aim !== undefined) symlinkSync(aim, path);
    else writeFileSync(path, `content of ${name}\n`);
    if (name.endsWith(" +x")) chmodSync(path, 0o755);
  }
  const builds = join(root, "builds");
  const paths = { builds, project: directory, files: `${directory}.tmp` };
  return {
    root,
    directory,
    paths,
    find: async (request) => {
      const { log, text } = collectingLog();
      const files = projectFiles(paths);
      try {
        const all = { paths: [], exclude: [], tracked: undefined, ...request };
        return { found: await findFiles(files, projectInside, all, log), log: text() };
      } finally {
        await files.close();
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export function collectingLog(): { log: Log; text: () => string } {
  const lines: string[] = [];
  const log: Log = {
    output: (bytes) => lines.push(bytes.toString()),
    line: (line) => lines.push(line),
    warning: (line) => lines.push(`WARNING: ${line}`),
    error: (line) => lines.push(`ERROR: ${line}`),
    sectionStart: () => undefined,
    sectionEnd: () => undefined,
  };
  return { log, text: () => lines.join("\n") };
}
