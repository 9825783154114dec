import { execFileSync } from "node:child_process";

/** What an API says about a bare repository, read by git at each question. */
export type RepositoryReader = ReturnType<typeof readRepository>;

export function readRepository(directory: string) {
  const git = (...args: string[]): Buffer | undefined => {
    try {
      const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null" };
      const stdio = ["ignore", "pipe", "ignore"] as ("ignore" | "pipe")[];
      return execFileSync("git", ["-C", directory, ...args], { env, stdio, maxBuffer: 1e9 });
    } catch {
      return undefined;
    }
  };
  const line = (...args: string[]): string | undefined =>
    git(...args)
      ?.toString()
      .trim();
  const lines = (...args: string[]): string[] =>
    (git(...args)?.toString() ?? "").split("\n").filter(Boolean);

  const resolve = (name: string): string | undefined =>
    line("rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`);
  const typeOf = (name: string): string | undefined => line("cat-file", "-t", name);
  return {
    resolve,
    typeOf,
    blob: (sha: string, path: string): Buffer | undefined =>
      typeOf(`${sha}:${path}`) === "blob" ? git("cat-file", "blob", `${sha}:${path}`) : undefined,
    /** Files and folders below a tree. */
    tree: (sha: string, recursive = true) =>
      (git("ls-tree", ...(recursive ? ["-r", "-t"] : []), "-z", sha)?.toString() ?? "")
        .split("\0")
        .filter(Boolean)
        .map((entry) => {
          const [, , type = "", id = "", path = ""] =
            /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(entry) ?? [];
          return { type, sha: id, path };
        }),
    commit: (sha: string) => {
      const text = git("log", "-1", "--format=%H%n%an%n%ae%n%aI%n%cI%n%B", sha)?.toString() ?? "";
      const [id = "", name = "", email = "", authored = "", committed = "", ...message] =
        text.split("\n");
      // git log ends what it prints with a newline of its own.
      return { id, name, email, authored, committed, message: message.slice(0, -1).join("\n") };
    },
    changed: (from: string, to: string): string[] =>
      (git("diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to)?.toString() ?? "")
        .split("\0")
        .filter(Boolean),
    mergeBase: (a: string, b: string): string | undefined => line("merge-base", a, b),
    commitsBetween: (from: string, to: string): string[] => lines("rev-list", `${from}..${to}`),
    changedIn: (sha: string): string[] =>
      lines(
        "diff-tree",
        "-r",
        "--root",
        "--no-commit-id",
        "--name-only",
        "--no-renames",
        "-m",
        sha,
      ),
    refs: (prefix: "refs/heads" | "refs/tags") =>
      lines("for-each-ref", "--format=%(refname)%09%(objectname)%09%(objecttype)", prefix).map(
        (text) => {
          const [ref = "", object = "", type = ""] = text.split("\t");
          return { ref, name: ref.slice(prefix.length + 1), object, type, commit: resolve(ref) };
        },
      ),
    /** What an annotated tag says and points to. */
    tag: (id: string) => {
      const text = git("cat-file", "tag", id)?.toString();
      if (text === undefined) return undefined;
      const object = /^object (\w+)$/m.exec(text)?.[1] ?? "";
      const type = /^type (\w+)$/m.exec(text)?.[1] ?? "";
      return { object, type, message: text.slice(text.indexOf("\n\n") + 2) };
    },
  };
}
