import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { resolveVariables } from "#runner/executor/variables.ts";
import { checkOut } from "#runner/sources/checkout.ts";
import { sourcesRequest } from "#runner/sources/request.ts";
import { deferredLog, type Log } from "#runner/trace/trace.ts";
import { type GitHost, startGitHost } from "../support/git-host.ts";
import { aJob, variable } from "../support/jobs.ts";

const never = new AbortController().signal;

let git: GitHost;
let newest: string;
let directory: string;
let output: string;

const log: Log = {
  ...deferredLog(),
  output: (bytes) => {
    output += bytes.toString();
  },
  line: (text) => {
    output += `${text}\n`;
  },
  warning: (text) => {
    output += `${text}\n`;
  },
};

beforeAll(async () => {
  git = await startGitHost({ "a.txt": "first\n" });
  newest = git.commit({ "a.txt": "second\n", "run.sh": "#!/bin/sh\n" });
});
afterAll(() => git.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "slipway-checkout-"));
  output = "";
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function fetchSources(
  sha: string,
  variables: Record<string, string> = {},
  repoUrl = git.repoUrl,
) {
  const job = aJob({ repoUrl, sha });
  const list = Object.entries(variables).map(([key, value]) => variable(key, value));
  const resolved = resolveVariables(list, {}, { files: "/f" });
  const depth = Number(variables.GIT_DEPTH ?? 20);
  const sized = { ...job, git_info: { ...job.git_info, depth } };
  const paths = { builds: dirname(directory), project: directory, files: "/f" };
  const request = sourcesRequest({ job: sized, variables: resolved }, process.env);
  return checkOut(paths, request, log, never);
}

function read(path: string): string {
  return readFileSync(join(directory, path), "utf8");
}

function history(): number {
  const options = { cwd: directory, encoding: "utf8" } as const;
  return Number(execFileSync("git", ["rev-list", "--count", "HEAD"], options));
}

describe("a checkout", () => {
  test("has the job's commit, not the newest", async () => {
    await fetchSources(git.sha);
    expect(read("a.txt")).toBe("first\n");
    await fetchSources(newest);
    expect(read("a.txt")).toBe("second\n");
  });

  test("keeps no credentials on disk and shows none", async () => {
    await fetchSources(newest);
    const base64 = Buffer.from(`ci:${git.password}`).toString("base64");
    const found = spawnSync("grep", ["-rlaE", "--", `${git.password}|${base64}|ci:`, directory]);
    expect(found.stdout.toString()).toBe("");
    // grep's word for "nothing found"; another would be an error of its own.
    expect(found.status).toBe(1);
    expect(output).not.toContain(git.password);
  });

  test("is shallow, and whole with GIT_DEPTH 0", async () => {
    await fetchSources(newest, { GIT_DEPTH: "1" });
    expect(history()).toBe(1);
    await fetchSources(newest, { GIT_DEPTH: "0" });
    expect(history()).toBe(2);
  });

  test("that is used again loses what an earlier job left in it", async () => {
    await fetchSources(newest);
    writeFileSync(join(directory, "left.txt"), "x");
    writeFileSync(join(directory, "a.txt"), "changed");
    await fetchSources(newest);
    expect(existsSync(join(directory, "left.txt"))).toBe(false);
    expect(read("a.txt")).toBe("second\n");
  });

  test("keeps untracked files that GIT_CLEAN_FLAGS spares", async () => {
    await fetchSources(newest);
    mkdirSync(join(directory, "cache"));
    writeFileSync(join(directory, "cache/x"), "x");
    await fetchSources(newest, { GIT_CLEAN_FLAGS: "-ffdx -e cache/" });
    expect(read("cache/x")).toBe("x");
    await fetchSources(newest, { GIT_CLEAN_FLAGS: "none" });
    expect(read("cache/x")).toBe("x");
  });

  test("runs no code that an earlier job wrote into it", async () => {
    await fetchSources(newest);
    const proof = join(directory, "..", "slipway-hostile-ran");
    mkdirSync(join(directory, ".git/hooks"), { recursive: true });
    for (const hook of ["post-checkout", "reference-transaction"]) {
      writeFileSync(join(directory, `.git/hooks/${hook}`), `#!/bin/sh\ntouch ${proof}\n`, {
        mode: 0o755,
      });
    }
    const config = `[core]\n\tfsmonitor = touch ${proof}\n[filter "x"]\n\tsmudge = touch ${proof}\n`;
    writeFileSync(join(directory, ".git/config"), config);
    mkdirSync(join(directory, ".git/info"), { recursive: true });
    writeFileSync(join(directory, ".git/info/attributes"), "* filter=x\n");
    await fetchSources(git.sha);
    expect(existsSync(proof)).toBe(false);
    expect(read("a.txt")).toBe("first\n");
  });

  test("follows locks that a killed git left", async () => {
    await fetchSources(newest);
    writeFileSync(join(directory, ".git/index.lock"), "");
    writeFileSync(join(directory, ".git/shallow.lock"), "");
    await fetchSources(git.sha);
    expect(read("a.txt")).toBe("first\n");
  });

  test("with GIT_STRATEGY clone starts from nothing", async () => {
    writeFileSync(join(directory, "old"), "x");
    await fetchSources(newest, { GIT_STRATEGY: "clone" });
    expect(readdirSync(directory).sort()).toEqual([".git", "a.txt", "run.sh"]);
  });

  test("with GIT_STRATEGY none leaves the directory as it is", async () => {
    writeFileSync(join(directory, "old"), "x");
    await fetchSources(newest, { GIT_STRATEGY: "none" });
    expect(readdirSync(directory)).toEqual(["old"]);
  });

  test("with GIT_STRATEGY empty empties the directory", async () => {
    writeFileSync(join(directory, "old"), "x");
    await fetchSources(newest, { GIT_STRATEGY: "empty" });
    expect(readdirSync(directory)).toEqual([]);
  });

  test("with GIT_CHECKOUT false fetches only", async () => {
    await fetchSources(newest, { GIT_CHECKOUT: "false" });
    expect(readdirSync(directory)).toEqual([".git"]);
  });
});

describe("sources that cannot be fetched", () => {
  test("fail the job with git's words and without credentials", async () => {
    const wrong = git.repoUrl.replace(git.password, "wrong-password");
    const failed = fetchSources(newest, {}, wrong);
    await expect(failed).rejects.toMatchObject({ reason: "runner_system_failure" });
    await expect(failed).rejects.toThrow(
      /^git fetch from http:\/\/127\.0\.0\.1:\d+\/repo\.git failed/,
    );
    expect(output).not.toContain("wrong-password");
  });

  test("are tried again as often as GET_SOURCES_ATTEMPTS says", async () => {
    const failed = fetchSources("f".repeat(40), { GET_SOURCES_ATTEMPTS: "2" });
    await expect(failed).rejects.toThrow(/git fetch/);
    expect(output).toContain("Trying again.");
  });

  test.for([
    ["GIT_STRATEGY", "pull"],
    ["GIT_SUBMODULE_STRATEGY", "all"],
  ] as const)("%s=%s is refused with the values there are", async ([key, value]) => {
    await expect(fetchSources(newest, { [key]: value })).rejects.toThrow(/must be one of/);
  });
});

test.for([
  ["GIT_FETCH_EXTRA_FLAGS", "--upload-pack=touch${IFS}injected; ."],
  ["GIT_CLONE_EXTRA_FLAGS", "--config=core.fsmonitor=id"],
  ["GIT_CLEAN_FLAGS", "-ffdx --exclude"],
  ["GIT_SUBMODULE_UPDATE_FLAGS", "--reference=/"],
  ["GIT_SUBMODULE_PATHS", "--upload-pack=id"],
  ["GIT_SUBMODULE_DEPTH", "1 --upload-pack=id"],
] as const)(
  "%s with what is no flag of the kind fails the job and runs nothing",
  async ([key, value]) => {
    const failed = fetchSources(newest, { [key]: value });
    await expect(failed).rejects.toMatchObject({ reason: "script_failure" });
    await expect(failed).rejects.toThrow(new RegExp(`^${key} `));
    expect(readdirSync(directory)).toEqual([]);
    expect(output).toBe("");
  },
);

test("submodules come with the same credentials when asked for", async () => {
  const sha = git.addSubmodule("library");
  await fetchSources(sha);
  expect(readdirSync(join(directory, "library"))).toEqual([]);
  await fetchSources(sha, { GIT_SUBMODULE_STRATEGY: "recursive" });
  expect(read("library/from-library.txt")).toBe("library\n");
  await fetchSources(sha, { GIT_SUBMODULE_STRATEGY: "normal" });
  expect(read("library/from-library.txt")).toBe("library\n");
});
