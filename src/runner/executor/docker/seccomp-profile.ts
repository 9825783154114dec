/*
 * Docker Docs, "Seccomp security profiles for Docker", lists what an engine keeps from containers by default.
 * This is that list without the calls that user namespaces need (clone, clone3, unshare, setns, mount, umount,
 * pivot_root, sethostname and the mount calls of newer kernels). Calls that a capability guards as well
 * stay in it: inside a user namespace every process has all capabilities.
 */

const EPERM = 1;
const AF_VSOCK = 40;

const KEYRINGS = ["add_key", "keyctl", "request_key"];
const KERNEL = ["bpf", "perf_event_open", "userfaultfd", "kcmp", "lookup_dcookie", "syslog"];
const IO_URING = ["io_uring_setup", "io_uring_enter", "io_uring_register"];
const MODULES = [
  "create_module",
  "delete_module",
  "finit_module",
  "get_kernel_syms",
  "init_module",
  "query_module",
  "kexec_file_load",
  "kexec_load",
];
const MACHINE = [
  "acct",
  "clock_adjtime",
  "clock_settime",
  "ioperm",
  "iopl",
  "nfsservctl",
  "quotactl",
  "quotactl_fd",
  "reboot",
  "setdomainname",
  "settimeofday",
  "stime",
  "swapoff",
  "swapon",
  "vhangup",
];
const MEMORY = ["get_mempolicy", "mbind", "move_pages", "set_mempolicy"];
const FILES_BY_HANDLE = ["open_by_handle_at", "name_to_handle_at", "fanotify_init"];
const OBSOLETE = ["_sysctl", "sysfs", "uselib", "ustat", "vm86", "vm86old"];

/** As the engine takes it in `SecurityOpt`; see the OCI runtime specification, "Seccomp". */
export const seccompProfile = {
  defaultAction: "SCMP_ACT_ALLOW",
  archMap: [
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
    { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
  ],
  syscalls: [
    {
      names: [
        ...KEYRINGS,
        ...KERNEL,
        ...IO_URING,
        ...MODULES,
        ...MACHINE,
        ...MEMORY,
        ...FILES_BY_HANDLE,
        ...OBSOLETE,
      ],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EPERM,
    },
    {
      names: ["socket"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EPERM,
      args: [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_EQ" }],
    },
  ],
} as const;
