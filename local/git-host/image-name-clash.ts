import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Everybody may pull what lies below it. */
const publicGroup = "library";

/**
 * Why a new project may not have this path, if so: its jobs may push to its own image repository and all
 * below it, so no project's may lie in or above another one's. Upper and lower case are one there. In GitLab
 * a path is a group or a project in the same way.
 */
export async function imageNameClash(root: string, path: string): Promise<string | undefined> {
  const levels = path.toLowerCase().split("/");
  if (levels[0] === publicGroup) {
    return `Images below ${publicGroup}/ can be pulled by everybody: choose another path than ${path}.`;
  }
  let groups: readonly string[] = [""];
  for (const [depth, level] of levels.entries()) {
    const isLast = depth === levels.length - 1;
    const found = await entriesOf(root, groups);
    const projects = found.filter(({ name }) => name.toLowerCase() === `${level}.git`);
    const other = projects.map(({ group }) => group).find((known) => known !== path);
    if (other !== undefined) {
      return isLast
        ? `${path} would share its images with the project ${other}, as image names are lower case: choose another path.`
        : `${path} would lie below the project ${other}, whose jobs may push images there: choose another path.`;
    }
    groups = found.filter(({ name }) => name.toLowerCase() === level).map(({ group }) => group);
  }
  const below = await firstProjectBelow(root, groups);
  return below === undefined
    ? undefined
    : `The project ${below} lies below ${path}, whose jobs could push images there: choose another path.`;
}

type Entry = { readonly name: string /** Path of the project or group. */; readonly group: string };

async function entriesOf(root: string, groups: readonly string[]): Promise<readonly Entry[]> {
  const lists = await Promise.all(
    groups.map(async (group) => {
      const names = await readdir(join(root, group)).catch(() => []);
      return names.map((name) => ({
        name,
        group: [group, name.replace(/\.git$/, "")].filter(Boolean).join("/"),
      }));
    }),
  );
  return lists.flat();
}

async function firstProjectBelow(
  root: string,
  groups: readonly string[],
): Promise<string | undefined> {
  if (groups.length === 0) return undefined;
  const found = await entriesOf(root, groups);
  const project = found.find(({ name }) => name.endsWith(".git"));
  if (project !== undefined) return project.group;
  return firstProjectBelow(
    root,
    found.map(({ group }) => group),
  );
}
