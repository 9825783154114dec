import { readFile, stat } from "node:fs/promises";

/** Who holds a lock on a file, as Linux tells in `/proc/locks` (proc(5)); undefined where nobody does or none can tell. */
export async function lockHolder(
  file: string,
): Promise<{ readonly pid: number; readonly command: string } | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  const locks = await readFile("/proc/locks", "utf8").catch(() => "");
  const pid = holderIn(locks, found.ino);
  if (pid === undefined) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return { pid, command: command.replaceAll("\0", " ").trim().slice(0, 120) || "unknown program" };
}

/** `1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`; the device's number is another one on some file systems. */
export function holderIn(locks: string, inode: number): number | undefined {
  for (const line of locks.split("\n")) {
    const [, pid, locked] = / (?:READ|WRITE)\s+(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /i.exec(line) ?? [];
    if (Number(locked) === inode && Number(pid) > 0) return Number(pid);
  }
  return undefined;
}
