import { spawn } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";

/** Whether a process with this id exists, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Starts a program in a session of its own, so that it outlives the terminal it was started from. */
export async function startDetached(
  program: string,
  args: readonly string[],
  options: {
    readonly log: string;
    readonly pidFile: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<number> {
  const log = await open(options.log, "a", 0o640);
  try {
    const child = spawn(program, args, {
      detached: true,
      cwd: "/",
      stdio: ["ignore", log.fd, log.fd],
      env: { ...process.env, ...options.env },
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child.pid ?? 0));
    });
    child.unref();
    await writeFile(options.pidFile, `${pid}\n`);
    return pid;
  } finally {
    await log.close();
  }
}

/**
 * The process of a pid file, if it still runs and its command line holds `mark`: a process id alone
 * may belong to somebody else after a restart of the machine.
 */
export async function runningFrom(pidFile: string, mark: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(pidFile, "utf8")).trim());
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
    return pid > 0 && commandLine.includes(mark) ? pid : undefined;
  } catch {
    return undefined;
  }
}
