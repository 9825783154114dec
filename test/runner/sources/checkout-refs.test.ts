import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveVariables } from "#runner/executor/variables.ts";
import { checkOut } from "#runner/sources/checkout.ts";
import { sourcesRequest } from "#runner/sources/request.ts";
import { deferredLog, type Log } from "#runner/trace/trace.ts";
import { type GitHost, startGitHost } from "../support/git-host.ts";
import { aJob } from "../support/jobs.ts";

let git: GitHost;
beforeAll(async () => {
  git = await startGitHost({ "a.txt": "first\n" });
});
afterAll(() => git.close());

const log: Log = { ...deferredLog(), output: () => {}, line: () => {}, warning: () => {} };

test.for([
  "-x",
  "--upload-pack=touch${IFS}injected",
  "$(touch${IFS}injected)",
  "`touch${IFS}injected`",
  "a;touch${IFS}injected",
  "a|touch${IFS}injected&",
  "'\"$(touch${IFS}injected)",
  "größe/日本-🚀",
])("a ref named %s is fetched, and none of it is run", async (name) => {
  const directory = mkdtempSync(join(tmpdir(), "slipway-refs-"));
  const job = aJob({ repoUrl: git.repoUrl, sha: git.sha });
  const refspecs = [`+${git.sha}:refs/remotes/origin/${name}`];
  try {
    const variables = resolveVariables([], {}, { files: "/f" });
    const withRef = { ...job, git_info: { ...job.git_info, ref: name, refspecs } };
    const paths = { builds: dirname(directory), project: directory, files: "/f" };
    const request = sourcesRequest({ job: withRef, variables }, {});
    await checkOut(paths, request, log, new AbortController().signal);
    const rev = ["rev-parse", "HEAD", `refs/remotes/origin/${name}`];
    const [head, ref] = execFileSync("git", rev, { cwd: directory, encoding: "utf8" }).split("\n");
    expect([head, ref]).toEqual([git.sha, git.sha]);
    expect(readdirSync(directory).sort()).toEqual([".git", "a.txt"]);
    expect(existsSync("injected")).toBe(false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
