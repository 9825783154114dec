import { mkdir, readdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitUntil } from "../wait-until.ts";

const ROOT = "/sys/fs/cgroup";

/**
 * Makes a control group in which at most `limit` processes and threads run, and gives its directory:
 * the process that writes its pid to `cgroup.procs` there, and all its descendants, are held by it.
 * Undefined where this machine does not let us ("Linux kernel documentation: Process Number
 * Controller"); nothing is limited then.
 */
export async function limitProcesses(id: string, limit: number): Promise<string | undefined> {
  try {
    const directory = await groupDirectory(id);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "pids.max"), String(limit));
    return directory;
  } catch {
    return undefined;
  }
}

/** The processes of a limited environment, also those that left its session or changed their name. */
export async function limitedProcesses(id: string): Promise<number[]> {
  const found = (await groupsOf(id)).map(async (directory) => {
    const text = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
    return text.split("\n").filter(Boolean).map(Number);
  });
  return (await Promise.all(found)).flat();
}

/** Removes the control groups, which must have no process left. Fine where there is none. */
export async function removeProcessLimit(id: string): Promise<void> {
  for (const directory of await groupsOf(id)) {
    // A killed process is out of the list a little before its group counts as empty. What then still
    // stays is an empty group, which costs nothing.
    await waitUntil(async () => {
      const error = await rmdir(directory).catch((failure: unknown) => failure);
      return !(error instanceof Error && "code" in error && error.code === "EBUSY");
    }, 1_000);
  }
}

/** The environment's own group, and those that its runner made for `shell` jobs and could not remove. */
async function groupsOf(id: string): Promise<string[]> {
  const own = await groupDirectory(id).catch(() => undefined);
  const parents = [join(ROOT, "pids"), ROOT].map(async (parent) => {
    const names = await readdir(parent).catch(() => []);
    const start = `slipway-${id}-`;
    return names
      .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
      .map((name) => join(parent, name));
  });
  return [...(own === undefined ? [] : [own]), ...(await Promise.all(parents)).flat()];
}

async function groupDirectory(id: string): Promise<string> {
  const legacy = join(ROOT, "pids");
  if (await exists(legacy)) {
    return join(legacy, "slipway", id);
  }
  const parent = join(ROOT, "slipway");
  if (!(await exists(parent))) {
    await writeFile(join(ROOT, "cgroup.subtree_control"), "+pids");
    await mkdir(parent, { recursive: true });
    await writeFile(join(parent, "cgroup.subtree_control"), "+pids");
  }
  return join(parent, id);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
