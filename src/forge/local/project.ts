import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProjectFacts } from "#language/facts.ts";
import type { LocalForgeOptions } from "./options.ts";

/** A project as its bare repository describes it: `description`, and `HEAD` for the default branch. */
export async function readProject(
  options: Pick<LocalForgeOptions, "publicUrl" | "projectId">,
  project: string,
  directory: string,
): Promise<ProjectFacts | undefined> {
  const [head, description, id] = await Promise.all([
    readText(join(directory, "HEAD")),
    readText(join(directory, "description")),
    options.projectId(project),
  ]);
  if (head === undefined || id === undefined) return undefined;
  return {
    id,
    path: project,
    title: project.slice(project.lastIndexOf("/") + 1),
    description: description?.trim() ?? "",
    visibility: "private",
    defaultBranch: /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? "",
    url: `${options.publicUrl}/${project}`,
    configPath: ".gitlab-ci.yml",
  };
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
