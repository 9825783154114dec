import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether this process lives and every mark stands in its command line: ids are given out again. */
export async function isProcessOf(pid: number, marks: readonly string[]): Promise<boolean> {
  const command = await commandOf(pid);
  return marks.every((mark) => command.includes(mark));
}

/** Ends the process if it is the one meant; first kindly. False when it was not there. */
export async function endProcess(
  pid: number,
  marks: readonly string[],
  milliseconds: number,
): Promise<boolean> {
  if (!(await isProcessOf(pid, marks))) return false;
  send(pid, "SIGTERM");
  const until = Date.now() + milliseconds;
  while (await isProcessOf(pid, marks)) {
    if (Date.now() > until) send(pid, "SIGKILL");
    await sleep(20);
  }
  return true;
}

/** Empty for a process that is gone, or has ended and was not waited for yet. */
async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
  } catch {
    if (process.platform === "linux") return "";
  }
  const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]).catch(() => ({
    stdout: "",
  }));
  return stdout;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
