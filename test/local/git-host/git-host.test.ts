import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { commit, git, gitSync, newWorkTree, startGitHost, user, zeros } from "./git-fixture.ts";

let host: Awaited<ReturnType<typeof startGitHost>>;
beforeAll(async () => {
  host = await startGitHost();
});
afterAll(() => host.stop());
beforeEach(() => {
  host.pushes.length = 0;
  host.errors.length = 0;
  host.state.answer = async function* () {
    yield "received\n";
  };
});

const bare = (project: string) => join(host.root, `${project}.git`);

async function pushed(project: string, ...args: readonly string[]) {
  const tree = newWorkTree(host.directory);
  const sha = commit(tree, "one");
  const result = await git(tree, "push", ...args, host.url(`${project}.git`), "main");
  expect(result).toMatchObject({ code: 0 });
  return { tree, sha };
}

describe("pushing", () => {
  test("the first push creates the project, is reported once and answered behind remote:", async () => {
    const tree = newWorkTree(host.directory);
    const sha = commit(tree, "one");
    const { code, text } = await git(tree, "push", host.url("group/sub/first.git"), "main");
    expect(code).toBe(0);
    expect(text).toMatch(/^remote: received *$/m);
    expect(host.pushes).toMatchObject([
      {
        project: "group/sub/first",
        refs: [{ ref: "refs/heads/main", before: zeros, after: sha }],
        pushOptions: [],
        user,
      },
    ]);
    expect(host.errors).toEqual([]);
    expect(readdirSync(host.root).filter((name) => name.startsWith(".new-"))).toEqual([]);
  });

  test("push options arrive letter by letter", async () => {
    const options = ["ci.skip", 'ci.variable=A=it\'s $(id) `x` "q" \\0 %s ü', "slipway.follow", ""];
    await pushed("options", ...options.flatMap((option) => ["-o", option]));
    expect(host.pushes[0]?.pushOptions).toEqual(options);
  });

  test("several refs of one push are one report; a push that changes nothing is none", async () => {
    const { tree, sha } = await pushed("several");
    gitSync(tree, "branch", "feature/x");
    gitSync(tree, "tag", "v1");
    const refspecs = ["feature/x", "v1"];
    await git(tree, "push", host.url("several.git"), ...refspecs);
    await git(tree, "push", host.url("several.git"), ...refspecs);
    expect(host.pushes.slice(1).map(({ refs }) => refs)).toEqual([
      [
        { ref: "refs/heads/feature/x", before: zeros, after: sha },
        { ref: "refs/tags/v1", before: zeros, after: sha },
      ],
    ]);
  });

  test("only refs that were really updated are reported", async () => {
    const { tree, sha } = await pushed("partly");
    commit(tree, "another", "--amend");
    gitSync(tree, "branch", "good", sha);
    const { code } = await git(tree, "push", host.url("partly.git"), "main", "good");
    expect(code).toBe(1);
    expect(host.pushes[1]?.refs).toEqual([{ ref: "refs/heads/good", before: zeros, after: sha }]);
  });

  test("force push and branch delete are reported; the default branch cannot be deleted", async () => {
    const { tree, sha } = await pushed("delete");
    const amended = commit(tree, "amended", "--amend");
    const url = host.url("delete.git");
    await git(tree, "push", "--force", url, "main", "main:gone");
    await git(tree, "push", url, ":gone");
    expect((await git(tree, "push", url, ":main")).code).toBe(1);
    expect(host.pushes.slice(1).map(({ refs }) => refs)).toEqual([
      [
        { ref: "refs/heads/main", before: sha, after: amended },
        { ref: "refs/heads/gone", before: zeros, after: amended },
      ],
      [{ ref: "refs/heads/gone", before: amended, after: zeros }],
    ]);
  });

  test.for(["-x", "$(touch${IFS}pwned)", "a;b|c&d", "ünï/cödé", "x'y\"z", "heads", "@x"])(
    "a branch named %s is stored and reported as it is",
    async (name) => {
      const tree = newWorkTree(host.directory);
      const after = commit(tree, "one");
      const ref = `refs/heads/${name}`;
      const { code } = await git(tree, "push", host.url("odd.git"), `HEAD:${ref}`);
      expect(code).toBe(0);
      expect(host.pushes[0]?.refs).toEqual([{ ref, before: zeros, after }]);
    },
  );

  test("a push of some megabytes comes through in chunks, one over the limit is refused", async () => {
    const { tree } = await pushed("big");
    writeFileSync(join(tree, "big"), randomBytes(6 * 1024 * 1024));
    gitSync(tree, "add", "big");
    const sha = commit(tree, "big");
    expect((await git(tree, "push", host.url("big.git"), "main")).code).toBe(0);
    expect(host.pushes[1]?.refs[0]?.after).toBe(sha);
    writeFileSync(join(tree, "big"), randomBytes(10 * 1024 * 1024));
    gitSync(tree, "add", "big");
    commit(tree, "too big");
    const refused = await git(tree, "push", host.url("big.git"), "main");
    expect(refused.code).not.toBe(0);
    expect(host.pushes).toHaveLength(2);
  });

  test.for([
    [["work"], "work"],
    [["work", "main"], "main"],
    [["a", "master"], "master"],
  ] as const)("of the first branches %s, %s becomes the default", async ([branches, expected]) => {
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    const project = `default-${branches.join("-")}`;
    const refspecs = branches.map((branch) => `HEAD:refs/heads/${branch}`);
    await git(tree, "push", host.url(`${project}.git`), ...refspecs);
    expect(gitSync(bare(project), "symbolic-ref", "HEAD")).toBe(`refs/heads/${expected}`);
    await git(tree, "push", host.url(`${project}.git`), "HEAD:refs/heads/later");
    expect(gitSync(bare(project), "symbolic-ref", "HEAD")).toBe(`refs/heads/${expected}`);
  });

  test("first pushes to one new project at the same time all succeed", async () => {
    const trees = Array.from({ length: 4 }, () => newWorkTree(host.directory));
    const results = await Promise.all(
      trees.map((tree, index) => {
        commit(tree, `tree ${index}`);
        return git(tree, "push", host.url("race/new.git"), `HEAD:refs/heads/b${index}`);
      }),
    );
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(host.pushes.flatMap(({ refs }) => refs.map(({ ref }) => ref)).sort()).toEqual(
      [0, 1, 2, 3].map((index) => `refs/heads/b${index}`),
    );
  });
});

describe("the answer to a push", () => {
  test("comes live, before the push has been handled to its end", async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    host.state.answer = async function* () {
      yield "first\n";
      await finished;
      yield "last\n";
    };
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    const client = spawn("git", ["push", host.url("live.git"), "main"], { cwd: tree });
    let seen = "";
    client.stderr.on("data", (chunk) => {
      seen += chunk;
      if (seen.includes("first")) finish();
    });
    expect(await new Promise((resolve) => client.on("exit", resolve))).toBe(0);
    expect(seen).toMatch(/remote: first.*remote: last/s);
  });

  test("steers no terminal by what it is answered, whatever that is made of", async () => {
    host.state.answer = async function* () {
      yield "\x1b]52;c;cm0=\x07\x1b[2J\x1b[31mred\x1b[0m\u009b2J \u202eend\n";
    };
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    const { text } = await git(tree, "push", host.url("steered.git"), "main");
    expect(text).toMatch(/^remote: \x1b\[31mred\x1b\[0m end/m);
    expect(text).not.toMatch(/\x1b\]|\x1b\[2J|\u009b|\u202e|\x07/);
  });

  test("of some megabytes reaches the pusher whole", async () => {
    host.state.answer = async function* () {
      for (let line = 0; line < 40_000; line++) yield `${line} ${"x".repeat(90)}\n`;
    };
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    const { text } = await git(tree, "push", host.url("long.git"), "main");
    expect(text.match(/^remote: \d+ x{90}/gm)).toHaveLength(40_000);
  });

  test("a handler that fails leaves the push stored and says so", async () => {
    host.state.answer = async function* () {
      yield "so far\n";
      throw new Error("boom");
    };
    const tree = newWorkTree(host.directory);
    const sha = commit(tree, "one");
    const { code, text } = await git(tree, "push", host.url("fails.git"), "main");
    expect(code).toBe(0);
    expect(text).toMatch(/remote: Your commits are stored/);
    expect(host.errors).toMatchObject([{ message: "boom" }]);
    expect(gitSync(bare("fails"), "rev-parse", "main")).toBe(sha);
  });

  test("a pusher who leaves is noticed, and the push is handled to its end", async () => {
    let handled = false;
    host.state.answer = async function* ({ signal }) {
      yield "waiting\n";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield "x".repeat(1024 * 1024);
      handled = true;
    };
    const tree = newWorkTree(host.directory);
    const sha = commit(tree, "one");
    const client = spawn("git", ["push", host.url("leaves.git"), "main"], {
      cwd: tree,
      detached: true,
    });
    client.stderr.on("data", (chunk) => {
      // The connection is held by a child of git's, so the whole group has to go.
      if (String(chunk).includes("waiting") && client.pid) process.kill(-client.pid, "SIGKILL");
    });
    await vi.waitFor(() => expect(handled).toBe(true), 10_000);
    expect(gitSync(bare("leaves"), "rev-parse", "main")).toBe(sha);
    expect(host.errors).toEqual([]);
  });

  test("a push that is cut off in the middle changes nothing", async () => {
    await pushed("cut");
    const authorization = `Basic ${Buffer.from("git:s3cret").toString("base64")}`;
    const socket = connect(host.port, "127.0.0.1");
    const sha = "1".repeat(40);
    const command = `${zeros} ${sha} refs/heads/cut\0report-status`;
    const line = `${(command.length + 4).toString(16).padStart(4, "0")}${command}0000PACK`;
    socket.write(
      `POST /cut.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n` +
        "Content-Type: application/x-git-receive-pack-request\r\nTransfer-Encoding: chunked\r\n\r\n" +
        `${line.length.toString(16)}\r\n${line}\r\n`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    expect((await git(host.directory, "ls-remote", host.url("cut.git"))).text).not.toMatch(/cut$/m);
    expect(host.pushes).toHaveLength(1);
  });
});

describe("reading", () => {
  test("eight clones side by side, and one sha alone even off every branch", async () => {
    const { tree, sha } = await pushed("read/it");
    commit(tree, "rewritten", "--amend");
    await git(tree, "push", "--force", host.url("read/it"), "main");
    const clones = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        git(host.directory, "clone", "-q", host.url("read/it.git"), `clone-${index}`),
      ),
    );
    expect(clones.map(({ code }) => code)).toEqual(Array(8).fill(0));
    const shallow = newWorkTree(host.directory);
    const fetched = await git(shallow, "fetch", "--depth=1", host.url("read/it.git"), sha);
    expect(fetched.code).toBe(0);
    expect(gitSync(shallow, "rev-parse", "FETCH_HEAD")).toBe(sha);
  });

  test("protocol version 2 is spoken", async () => {
    await pushed("v2");
    const response = await fetch(
      `http://127.0.0.1:${host.port}/v2.git/info/refs?service=git-upload-pack`,
      { headers: { authorization: `Basic ${btoa("git:s3cret")}`, "git-protocol": "version=2" } },
    );
    expect(await response.text()).toContain("version 2");
  });

  test("a project that was never pushed is not there, and is not made by asking", async () => {
    const { code, text } = await git(host.directory, "ls-remote", host.url("never.git"));
    expect(code).toBe(128);
    expect(text).toContain("not found");
    expect(existsSync(bare("never"))).toBe(false);
  });
});
