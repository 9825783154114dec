import { readFile } from "node:fs/promises";
import { found, type Requirement, warning } from "../setup/requirement.ts";

interface Limit {
  readonly name: string;
  readonly file: string;
  readonly atLeast: number;
  readonly setting: string;
  readonly why: string;
}

const LIMITS: readonly Limit[] = [
  {
    name: "inotify instances",
    file: "/proc/sys/fs/inotify/max_user_instances",
    atLeast: 128,
    setting: "fs.inotify.max_user_instances=1024",
    why: "each engine in a container takes some",
  },
  {
    name: "Processes",
    file: "/proc/sys/kernel/pid_max",
    atLeast: 32768,
    setting: "kernel.pid_max=4194304",
    why: "builds start many",
  },
];

/** Kernel limits that jobs side by side run into, and memory. Empty on systems without `/proc`. */
export async function inspectLimits(): Promise<Requirement[]> {
  const limits = await Promise.all(
    LIMITS.map(async (limit) => describeLimit(limit, await numberIn(limit.file))),
  );
  const memory = await readFile("/proc/meminfo", "utf8").catch(() => "");
  return [...limits.flat(), ...describeMemory(memory)];
}

export function describeLimit(limit: Limit, value: number | undefined): Requirement[] {
  if (value === undefined) {
    return [];
  }
  return value >= limit.atLeast
    ? [found(limit.name, `${value}`)]
    : [
        warning(
          limit.name,
          `${value}; ${limit.why}, ${limit.atLeast} is a good least`,
          `sudo sysctl -w ${limit.setting}`,
        ),
      ];
}

/** Reads `MemAvailable` of `/proc/meminfo`; a docker-in-docker job needs about half a gigabyte. */
export function describeMemory(meminfo: string): Requirement[] {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  if (kilobytes === undefined) {
    return [];
  }
  const gibibytes = Number(kilobytes) / 2 ** 20;
  const detail = `${gibibytes.toFixed(1)} GiB available`;
  return gibibytes >= 1
    ? [found("Memory", detail)]
    : [warning("Memory", detail, "End other programs, or set fewer jobs side by side")];
}

async function numberIn(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}
