import { posix } from "node:path";
import { compilePathPattern } from "#runner/archive/path-patterns.ts";
import { jobPaths, resolveVariables } from "#runner/executor/variables.ts";
import { JobFailure } from "#runner/job-failure.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { checkoutCommands, submoduleCommands } from "#runner/sources/git-commands.ts";
import { sourcesRequest } from "#runner/sources/request.ts";
import { aJob, variable } from "./jobs.ts";

export type FuzzResult = {
  readonly jobs: number;
  /** Refused with words for the job's log. */
  readonly refused: number;
  readonly commands: number;
  readonly paths: number;
  /** What must not be: an argument or a path, with where it stands. */
  readonly wrong: readonly string[];
};

const DIRECTORY = "/builds";

/** Parts that turned up in attacks, or that git, tar and shells take for more than a name. */
const PARTS = [
  ...["-", "--", "-c", "-u", "-o", "-C", "-f", "--end-of-options", "-ffdx", "-e", "-j", "--jobs"],
  ...[
    "--upload-pack=",
    "--upload-pack",
    "--exec=id",
    "--receive-pack=",
    "--config=",
    "--template=",
  ],
  ...["--reference=/", "--separate-git-dir=/x", "--to-command=id", "--checkpoint-action=exec=id"],
  ...[
    "--use-compress-program=id",
    "--rsh-command=id",
    "-I",
    "--prune",
    "--quiet",
    "--tags",
    "--depth=",
  ],
  ...["--depth=3", "--filter=", "blob:none", "tree:0", "sparse:path=/etc/passwd", "ext::sh -c id"],
  ...[
    "..",
    "../..",
    "/",
    "/etc",
    "//",
    ".",
    "~",
    ".git",
    ".git/config",
    "file:///etc",
    "origin",
    "id>/x",
  ],
  ...[
    "*",
    "**",
    "{a,b}",
    "[!a]",
    ":(top)",
    ":(exclude)",
    ":!",
    ":/",
    "@{u}",
    "refs/heads/x",
    "+",
    ":",
  ],
  ...[
    "$HOME",
    "${X}",
    "$(id)",
    "`id`",
    ";",
    "|",
    "&",
    "\n",
    "\t",
    "\r",
    "\0",
    " ",
    "\u2028",
    "\u00a0",
  ],
  ...[
    "'",
    '"',
    "\\",
    "=",
    "1",
    "0",
    "-1",
    "1e9",
    "NaN",
    "none",
    "clone",
    "a",
    "ü",
    "日本",
    "\u202e",
  ],
];

const VARIABLES = [
  ...["GIT_FETCH_EXTRA_FLAGS", "GIT_CLONE_EXTRA_FLAGS", "GIT_CLEAN_FLAGS", "GIT_DEPTH"],
  ...["GIT_SUBMODULE_UPDATE_FLAGS", "GIT_SUBMODULE_PATHS", "GIT_SUBMODULE_DEPTH", "GIT_STRATEGY"],
  ...[
    "GIT_SUBMODULE_STRATEGY",
    "GIT_CHECKOUT",
    "GET_SOURCES_ATTEMPTS",
    "GIT_CLONE_PATH",
    "HTTP_PROXY",
  ],
];

/** Every argument with a leading dash that git may get, all of them this program's own. */
const OWN =
  /^(?:--(?:quiet|template=|end-of-options|force|detach|init|recursive|unshallow)|--|--(?:verbose|progress|no-progress|prune|no-prune|prune-tags|tags|no-tags|atomic|refetch|update-shallow|no-recurse-submodules|no-auto-gc|no-auto-maintenance|ipv4|ipv6|remote|no-fetch|checkout|recommend-shallow|no-recommend-shallow|single-branch|no-single-branch)|-[qvpPtnfN]|-[dfnqxX]{1,8}|--(?:depth|jobs)=[0-9]{1,9}|--filter=(?:blob:none|blob:limit=[0-9]+[kmg]?|tree:[0-9]+)|--shallow-since=[0-9TZ:.-]+|--exclude=[^-\s][^\s]*)$/;

/** The same jobs for the same seed. Numbers are by "mulberry32", which is public domain. */
export function fuzzJobs(jobs: number, seed = 1): FuzzResult {
  const next = mulberry32(seed);
  const result = { jobs, refused: 0, commands: 0, paths: 0, wrong: [] as string[] };
  for (let index = 0; index < jobs; index += 1) {
    const job = mutated(next);
    try {
      look(job, next, result);
    } catch (error) {
      const isRefusal = error instanceof JobFailure || /cannot be a directory/.test(String(error));
      if (isRefusal) result.refused += 1;
      else result.wrong.push(`${JSON.stringify(job.variables)}: ${error}`);
    }
  }
  return result;
}

type Counts = { commands: number; paths: number; wrong: string[] };

function look(job: JobResponse, next: () => number, counts: Counts): void {
  const paths = jobPaths(job, DIRECTORY);
  const below = (path: string, root: string, what: string) => {
    counts.paths += 1;
    const clean = posix.normalize(path);
    if (clean.startsWith(`${root}/`) && !path.includes("\0")) return;
    counts.wrong.push(`${what}: ${JSON.stringify(path)}`);
  };
  for (const path of [paths.project, paths.files]) below(path, DIRECTORY, "a directory of the job");
  const variables = resolveVariables(job.variables, {}, paths);
  for (const { name } of variables.files) {
    below(`${paths.files}/${name}`, paths.files, "a file of a variable");
  }
  for (const { paths: written, exclude } of job.artifacts) {
    for (const text of [...written, ...exclude]) {
      const pattern = compilePathPattern(text, paths.project);
      if ("problem" in pattern) continue;
      below(posix.join(paths.project, pattern.start, "x"), paths.project, "a path of artifacts");
    }
  }
  const request = sourcesRequest({ job, variables }, {});
  const found = { reused: next() < 0.5, shallow: next() < 0.5 };
  const all = [
    ...checkoutCommands(request, "https://host/x.git", found),
    ...submoduleCommands(request),
  ];
  for (const command of all) {
    counts.commands += 1;
    const end = command.findIndex((word) => word === "--end-of-options" || word === "--");
    for (const [at, word] of command.entries()) {
      const isFlag = word.startsWith("-");
      const isName = end !== -1 && at > end;
      if (isFlag && (isName || !OWN.test(word))) counts.wrong.push(JSON.stringify(command));
    }
  }
}

function mutated(next: () => number): JobResponse {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const text = (): string => {
    const count = 1 + Math.floor(next() * 4);
    return Array.from({ length: count }, () => pick(PARTS)).join(next() < 0.5 ? " " : "");
  };
  const name = () => (next() < 0.3 ? text() : `group/${pick(["a", "b", text()])}`);
  const some = <T>(make: () => T): T[] =>
    Array.from({ length: Math.floor(next() * 3) }, () => make());
  const job = aJob(
    { repoUrl: "https://u:p@host/x.git", sha: next() < 0.9 ? "a".repeat(40) : text() },
    {
      allow_git_fetch: next() < 0.5,
      variables: [
        ...(next() < 0.6 ? [] : some(() => variable(pick(VARIABLES), text(), { raw: true }))),
        ...some(() => variable(text(), text(), { file: true })),
      ],
      artifacts: some(() => ({
        name: text(),
        untracked: next() < 0.5,
        paths: some(text),
        exclude: some(text),
        when: "always" as const,
        artifact_type: "archive",
        artifact_format: "zip" as const,
      })),
    },
  );
  return {
    ...job,
    job_info: { ...job.job_info, project_full_path: next() < 0.8 ? "group/project" : name() },
    git_info: {
      ...job.git_info,
      ref: text(),
      refspecs: next() < 0.5 ? job.git_info.refspecs : some(text),
      depth: next() < 0.8 ? 20 : Number(pick(["-1", "0", "3", "NaN", "1.5"])),
    },
  };
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
