import { JobFailure } from "../job-failure.ts";

/**
 * The variables whose words become arguments of git. A job chooses among known flags, each one word, and
 * cannot bring in a flag that names a program (`--upload-pack`, `-c`), a file or another repository.
 */
type FlagVariable =
  | "GIT_FETCH_EXTRA_FLAGS"
  | "GIT_CLONE_EXTRA_FLAGS"
  | "GIT_CLEAN_FLAGS"
  | "GIT_SUBMODULE_UPDATE_FLAGS";

type Known = {
  readonly flags: readonly string[];
  /** Flags with a value, as `--name=VALUE`, and what the value may be. */
  readonly values: Readonly<Record<string, RegExp>>;
  /** Other spellings of a flag whose value is the next word: it is joined to the flag. */
  readonly joined: Readonly<Record<string, string>>;
  /** Shown in an error. */
  readonly allowed: string;
};

const COUNT = /^[1-9][0-9]{0,5}$/;
const DATE = /^[0-9][0-9TZ:.-]{0,40}$/;
const FILTER = /^(?:blob:none|blob:limit=[0-9]{1,12}[kmg]?|tree:[0-9]{1,6})$/;
const PATTERN = /^[^-\s\0][^\s\0]{0,1000}$/;

const VERBOSITY = ["--quiet", "-q", "--verbose", "-v", "--progress", "--no-progress"];

const FETCH: Known = {
  flags: [
    ...VERBOSITY,
    ...["--prune", "-p", "--no-prune", "--prune-tags", "-P", "--tags", "-t", "--no-tags", "-n"],
    ...["--force", "-f", "--atomic", "--refetch", "--update-shallow", "--unshallow"],
    ...["--no-recurse-submodules", "--no-auto-gc", "--no-auto-maintenance", "--ipv4", "--ipv6"],
  ],
  values: { "--depth": COUNT, "--jobs": COUNT, "--filter": FILTER, "--shallow-since": DATE },
  joined: { "--depth": "--depth", "--jobs": "--jobs", "-j": "--jobs", "--filter": "--filter" },
  allowed:
    "--prune, --quiet, --verbose, --no-tags, --tags, --force, --progress, --depth=N, --jobs=N, --filter=…",
};

const CLEAN: Known = {
  flags: ["--force", "--quiet", "--exclude"],
  values: { "--exclude": PATTERN },
  joined: { "-e": "--exclude", "--exclude": "--exclude" },
  allowed: "none, or words such as -ffdx, -ffd, -x, -X, -q, and -e PATTERN",
};

const SUBMODULE_UPDATE: Known = {
  flags: [
    ...[
      "--remote",
      "--force",
      "-f",
      "--quiet",
      "-q",
      "--progress",
      "--no-fetch",
      "-N",
      "--checkout",
    ],
    ...["--recommend-shallow", "--no-recommend-shallow", "--single-branch", "--no-single-branch"],
  ],
  values: { "--jobs": COUNT, "--depth": COUNT, "--filter": FILTER },
  joined: { "--jobs": "--jobs", "-j": "--jobs", "--depth": "--depth", "--filter": "--filter" },
  allowed:
    "--remote, --force, --progress, --no-fetch, --recommend-shallow, --single-branch, --jobs=N, --depth=N, --filter=…",
};

const KNOWN: Readonly<Record<FlagVariable, Known>> = {
  GIT_FETCH_EXTRA_FLAGS: FETCH,
  GIT_CLONE_EXTRA_FLAGS: {
    ...FETCH,
    flags: [...FETCH.flags, "--single-branch", "--no-single-branch"],
  },
  GIT_CLEAN_FLAGS: CLEAN,
  GIT_SUBMODULE_UPDATE_FLAGS: SUBMODULE_UPDATE,
};

/** Short flags of `git clean` in one word; `i` would ask a question. */
const CLEAN_LETTERS = /^-[dfnqxX]{1,8}$/;

/** The words of a variable as arguments for git. Throws `JobFailure` for a word that is not known. */
export function gitFlags(variable: FlagVariable, text: string): readonly string[] {
  const known = KNOWN[variable];
  const flags: string[] = [];
  const given = words(text);
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? "";
    const joined = Object.hasOwn(known.joined, word) ? known.joined[word] : undefined;
    const flag = joined === undefined ? word : `${joined}=${given[++at] ?? ""}`;
    if (!isKnown(variable, known, flag)) throw unknownFlag(variable, flag, known.allowed);
    flags.push(flag);
  }
  return flags;
}

function isKnown(variable: FlagVariable, known: Known, flag: string): boolean {
  if (variable === "GIT_CLEAN_FLAGS" && CLEAN_LETTERS.test(flag)) return true;
  const cut = flag.indexOf("=");
  if (cut === -1) return known.flags.includes(flag);
  const name = flag.slice(0, cut);
  const value = Object.hasOwn(known.values, name) ? known.values[name] : undefined;
  return value?.test(flag.slice(cut + 1)) ?? false;
}

/**
 * GIT_SUBMODULE_PATHS: paths inside the repository, `:(exclude)path` among them. They stand after `--`, and
 * are refused where they could be taken for anything else all the same.
 */
export function submodulePaths(text: string): readonly string[] {
  const paths = words(text);
  for (const path of paths) {
    const plain = path.replace(/^:\((?:exclude|top|literal|glob|icase|,){1,20}\)|^:[!^/]/, "");
    const leads = plain.startsWith("-") || plain.startsWith("/") || plain.split("/").includes("..");
    if (!leads && !path.includes("\0")) continue;
    throw new JobFailure(
      "script_failure",
      `GIT_SUBMODULE_PATHS has ${shown(path)}: only paths inside the repository are allowed.`,
    );
  }
  return paths;
}

/** A whole number from a variable; `fallback` where it is empty. */
export function gitNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text.trim() === "") return fallback;
  if (/^[0-9]{1,9}$/.test(text.trim())) return Number(text);
  throw new JobFailure("script_failure", `${name} is ${shown(text)}: it must be a number.`);
}

function words(text: string): string[] {
  return text.split(/\s/).filter((word) => word !== "");
}

function unknownFlag(variable: FlagVariable, word: string, allowed: string): JobFailure {
  return new JobFailure(
    "script_failure",
    `${variable} has ${shown(word)}, which is not allowed. Allowed: ${allowed}.`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
