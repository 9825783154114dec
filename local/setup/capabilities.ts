import { readFile } from "node:fs/promises";

/** Linux capabilities by bit number (capabilities(7)). */
const NAMES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

/**
 * The capabilities that a process may never gain, by the `CapBnd` line of its `/proc/PID/status`.
 * Capabilities that the kernel does not know (above `lastCapability`) do not count as lacking.
 */
export function lackingCapabilities(status: string, lastCapability: number): string[] {
  const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined) {
    return [];
  }
  const bounding = BigInt(`0x${mask}`);
  return NAMES.filter((_, bit) => bit <= lastCapability && (bounding & (1n << BigInt(bit))) === 0n);
}

/** What this machine lacks; nothing on systems that have no `/proc`. */
export async function machineLacks(): Promise<string[]> {
  try {
    const [status, last] = await Promise.all([
      readFile("/proc/self/status", "utf8"),
      readFile("/proc/sys/kernel/cap_last_cap", "utf8"),
    ]);
    return lackingCapabilities(status, Number(last));
  } catch {
    return [];
  }
}
