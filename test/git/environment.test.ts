import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closedGit, usersGit } from "#git/environment.ts";
import { type GitResult, runGit } from "#git/run.ts";

const root = mkdtempSync(join(tmpdir(), "slipway-git-"));
const repository = join(root, "repository");
const programs = join(root, "programs");
const elsewhere = join(root, "elsewhere");

/** What a shell would have to run for the file to be there. */
const traces = (): string[] => NAMED.filter((name) => existsSync(join(root, `ran-${name}`)));
const NAMED = ["hook", "fsmonitor", "ext", "ssh", "gpg", "askpass", "helper", "proxy"];

const plainGit = (...args: string[]): string =>
  execFileSync("git", ["-C", repository, ...args], {
    encoding: "utf8",
    env: {
      PATH: process.env.PATH,
      HOME: root,
      GIT_AUTHOR_NAME: "A",
      GIT_AUTHOR_EMAIL: "a@localhost",
      GIT_COMMITTER_NAME: "A",
      GIT_COMMITTER_EMAIL: "a@localhost",
    },
  }).trim();

function program(name: string): string {
  const path = join(programs, name);
  writeFileSync(path, `#!/bin/sh\n: >'${join(root, `ran-${name}`)}'\n`, { mode: 0o755 });
  return path;
}

let first = "";
let second = "";

/** A repository whose configuration names a program wherever one can be named, as its owner could. */
beforeAll(() => {
  for (const path of [repository, programs, elsewhere]) mkdirSync(path);
  plainGit("init", "-q", "-b", "main");
  writeFileSync(join(repository, "file"), "one");
  plainGit("add", "-A");
  plainGit("commit", "-q", "-m", "one");
  first = plainGit("rev-parse", "HEAD");
  writeFileSync(join(repository, "file"), "two");
  plainGit("commit", "-q", "-a", "-m", "two");
  second = plainGit("rev-parse", "HEAD");
  plainGit("replace", second, first);
  for (const name of ["post-index-change", "reference-transaction"]) {
    execFileSync("cp", [program("hook"), join(repository, ".git/hooks", name)]);
  }
  plainGit("config", "core.fsmonitor", program("fsmonitor"));
  plainGit("config", "core.sshCommand", program("ssh"));
  plainGit("config", "core.askPass", program("askpass"));
  plainGit("config", "core.gitProxy", program("proxy"));
  plainGit("config", "credential.helper", program("helper"));
  plainGit("config", "gpg.program", program("gpg"));
  plainGit("config", "log.showSignature", "true");
  plainGit("config", "protocol.allow", "always");
  program("ext");
  for (const name of NAMED) rmSync(join(root, `ran-${name}`), { force: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const closed = (args: readonly string[], env = closedGit()): Promise<GitResult> =>
  runGit(args, { directory: repository, env, timeoutSeconds: 20 });

describe("git in a repository of somebody else", () => {
  test.for([
    ["a look at the tree", ["status", "--porcelain"]],
    ["a change of the index", ["add", "--refresh", "."]],
    ["a change of a ref", ["update-ref", "refs/heads/other", "HEAD"]],
    ["a look at history", ["log", "-1"]],
    ["a transport that is a program", ["ls-remote", `ext::${join(programs, "ext")}`]],
    ["SSH", ["ls-remote", "ssh://127.0.0.1:1/none"]],
    ["git's own protocol", ["ls-remote", "git://127.0.0.1:1/none"]],
    ["a question for a password", ["credential", "fill"]],
  ] as const)("runs no program that it names: %s", async ([, args]) => {
    await runGit(args, {
      directory: repository,
      env: closedGit(),
      input: "protocol=http\nhost=127.0.0.1\n\n",
      timeoutSeconds: 20,
    });
    expect(traces()).toEqual([]);
  });

  test("the same programs run without the closed environment, so the test can fail", async () => {
    const open = { PATH: process.env.PATH ?? "", HOME: root };
    await closed(["status", "--porcelain"], open);
    await closed(["ls-remote", `ext::${join(programs, "ext")}`], open);
    await closed(["ls-remote", "ssh://127.0.0.1:1/none"], open);
    await closed(["update-ref", "refs/heads/other-too", "HEAD"], open);
    expect(traces()).toEqual(expect.arrayContaining(["hook", "fsmonitor", "ext", "ssh"]));
    for (const name of NAMED) rmSync(join(root, `ran-${name}`), { force: true });
  });

  test("objects are what their names say, whatever is put in their place", async () => {
    expect(plainGit("show", `${second}:file`)).toBe("one");
    expect((await closed(["show", `${second}:file`])).stdout.toString()).toBe("two");
  });

  test("nothing comes in from outside but the search path", async () => {
    const env = closedGit({
      from: {
        PATH: process.env.PATH,
        HOME: root,
        GIT_DIR: elsewhere,
        GIT_SSH_COMMAND: join(programs, "ssh"),
        GIT_CONFIG_PARAMETERS: "'user.name=outside'",
        GIT_CONFIG_GLOBAL: join(root, "own-config"),
        GIT_TRACE: "1",
      },
    });
    writeFileSync(join(root, "own-config"), "[user]\n\tname = outside\n");
    expect((await closed(["rev-parse", "HEAD"], env)).stdout.toString().trim()).toBe(second);
    expect((await closed(["config", "user.name"], env)).code).toBe(1);
    expect((await closed(["rev-parse", "HEAD"], env)).stderr).toBe("");
  });

  test("settings and variables of the call are added, and count more", async () => {
    const env = closedGit({
      settings: [["core.hooksPath", elsewhere]],
      variables: { HOME: elsewhere },
    });
    const found = await closed(["config", "core.hooksPath"], env);
    expect(found.stdout.toString().trim()).toBe(elsewhere);
    expect(env.HOME).toBe(elsewhere);
    expect((await closed(["config", "core.fsmonitor"], env)).stdout.toString().trim()).toBe(
      "false",
    );
  });
});

describe("git in a working tree of the user", () => {
  const own = join(root, "users-config");
  const from = {
    PATH: process.env.PATH,
    HOME: root,
    GIT_CONFIG_GLOBAL: own,
    GIT_DIR: elsewhere,
    GIT_WORK_TREE: elsewhere,
    GIT_INDEX_FILE: join(elsewhere, "index"),
    GIT_EXTERNAL_DIFF: join(programs, "ext"),
  };

  test("sees the user's configuration, and not the repository that a hook stands in", async () => {
    writeFileSync(own, `[core]\n\texcludesFile = ${join(root, "ignored")}\n`);
    writeFileSync(join(root, "ignored"), "*.swp\n");
    writeFileSync(join(repository, "a.swp"), "");
    writeFileSync(join(repository, "b.txt"), "");
    const env = usersGit({ from });
    const listed = await closed(["ls-files", "--others", "--exclude-standard"], env);
    expect(listed.stdout.toString()).toBe("b.txt\n");
    await closed(["diff", "HEAD"], env);
    await closed(["update-ref", "refs/heads/users", "HEAD"], env);
    await closed(["log", "-1"], env);
    await closed(["ls-remote", `ext::${join(programs, "ext")}`], env);
    expect(traces()).toEqual([]);
  });
});
