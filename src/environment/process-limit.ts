import { mkdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

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
  try {
    const text = await readFile(join(await groupDirectory(id), "cgroup.procs"), "utf8");
    return text.split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Removes the control group; it must be empty. Fine where there is none. */
export async function removeProcessLimit(id: string): Promise<void> {
  try {
    await rmdir(await groupDirectory(id));
  } catch {
    // Never made, or the kernel has not buried its last process yet: an empty group costs nothing.
  }
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
