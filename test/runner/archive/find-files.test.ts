import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestProject, testProject } from "../support/project.ts";

let project: TestProject;
beforeAll(() => {
  project = testProject([
    "a.txt",
    "b.log",
    ".hidden",
    "out/one.txt",
    "out/two.log",
    "out/deep/er/three.txt",
    "out/deep/.dot",
    "out/empty/",
    "src/x.o",
    "src/lib/y.o",
    "src/lib/z.c",
    "link -> out",
    "dangling -> nowhere",
    "outside -> /etc",
    "we[ird]*name",
  ]);
  execFileSync("mkfifo", [join(project.directory, "pipe")]);
});
afterAll(() => project.remove());

const sorted = (found: readonly { readonly path: string }[]) =>
  found.map(({ path }) => path).sort();

describe("a pattern of artifacts", () => {
  test.for<[string, string, string[]]>([
    ["a file", "a.txt", ["a.txt"]],
    ["a file that is not there", "none.txt", []],
    ["a file in a directory", "out/one.txt", ["out/one.txt"]],
    [
      "a directory with all that is in it",
      "out/deep",
      ["out/deep", "out/deep/.dot", "out/deep/er", "out/deep/er/three.txt"],
    ],
    ["a directory with a slash", "out/deep/er/", ["out/deep/er", "out/deep/er/three.txt"]],
    ["an empty directory", "out/empty", ["out/empty"]],
    ["a star in one directory", "*.txt", ["a.txt"]],
    ["a star for files with a leading dot", "out/deep/.*", ["out/deep/.dot"]],
    [
      "a star that finds directories",
      "out/d*",
      ["out/deep", "out/deep/.dot", "out/deep/er", "out/deep/er/three.txt"],
    ],
    ["two stars at any depth", "**/*.txt", ["a.txt", "out/deep/er/three.txt", "out/one.txt"]],
    ["two stars in the middle", "src/**/*.o", ["src/lib/y.o", "src/x.o"]],
    ["two stars at the end", "src/**", ["src/lib", "src/lib/y.o", "src/lib/z.c", "src/x.o"]],
    ["alternatives", "src/{x,lib/y}.o", ["src/lib/y.o", "src/x.o"]],
    ["a set", "[ab].*", ["a.txt", "b.log"]],
    ["a negated set", "[!a].*", ["b.log"]],
    ["a question mark", "?.txt", ["a.txt"]],
    ["escaped special characters", "we\\[ird\\]\\*name", ["we[ird]*name"]],
    ["a link, as a link", "link", ["link"]],
    ["a link with a slash, as a link", "link/", ["link"]],
    ["nothing behind a link", "link/one.txt", []],
    ["nothing behind a link that leads outside", "outside/passwd", []],
    ["nothing behind links of a pattern", "*/passwd", []],
    ["a link to nowhere", "dangling", ["dangling"]],
    ["no pipe", "pipe", []],
    ["the dot in front of a path", "./out/one.txt", ["out/one.txt"]],
    ["the absolute path of a file in the project", "/builds/group/project/a.txt", ["a.txt"]],
    ["a way out and back in", "../project/a.txt", ["a.txt"]],
  ])("stands for %s", async ([, pattern, expected]) => {
    const { found, log } = await project.find({ paths: [pattern] });
    expect(sorted(found)).toEqual(expected);
    expect(log).toContain(
      expected.length === 0
        ? `WARNING: ${pattern}: no matching files.`
        : `${pattern}: found ${expected.length} matching artifact files and directories`,
    );
  });

  test("stands for the whole project, links not followed", async () => {
    const { found } = await project.find({ paths: ["."] });
    const everything = sorted(found);
    expect(everything).toContain("out/deep/er/three.txt");
    expect(everything).toContain("outside");
    expect(everything.some((path) => /^(outside|link)\//.test(path))).toBe(false);
    expect(everything).not.toContain("pipe");
  });

  test.for<[string]>([["/etc/passwd"], ["../other"], [".."], ["out/../../../etc"], ["../**"]])(
    "%s is outside the project and refused with a warning",
    async ([pattern]) => {
      const { found, log } = await project.find({ paths: [pattern, "a.txt"] });
      expect(sorted(found)).toEqual(["a.txt"]);
      expect(log).toContain(`WARNING: ${pattern}: is not inside the project directory`);
    },
  );

  test("that unfolds without end is refused with a warning", async () => {
    const { found, log } = await project.find({ paths: ["{a,b}".repeat(30)] });
    expect(found).toEqual([]);
    expect(log).toMatch(/WARNING: .*alternatives/);
  });

  test("that would take a naive matcher for ever takes a moment", async () => {
    const { found } = await project.find({ paths: [`${"*a".repeat(40)}/**/${"*a".repeat(40)}`] });
    expect(found).toEqual([]);
  });
});

describe("excluded files", () => {
  test.for<[string, string[], string[]]>([
    [
      "by a pattern at any depth",
      ["out/**/*.txt"],
      ["out", "out/deep", "out/deep/.dot", "out/deep/er", "out/empty", "out/two.log"],
    ],
    [
      "by name",
      ["out/deep/.dot", "out/empty"],
      ["out", "out/deep", "out/deep/er", "out/deep/er/three.txt", "out/one.txt", "out/two.log"],
    ],
    [
      "not by their directory alone",
      ["out/deep/er"],
      [
        "out",
        "out/deep",
        "out/deep/.dot",
        "out/deep/er/three.txt",
        "out/empty",
        "out/one.txt",
        "out/two.log",
      ],
    ],
    [
      "by all below a directory",
      ["out/deep/**"],
      ["out", "out/deep", "out/empty", "out/one.txt", "out/two.log"],
    ],
  ])("are left out %s", async ([, exclude, expected]) => {
    const { found, log } = await project.find({ paths: ["out"], exclude });
    expect(sorted(found)).toEqual(expected);
    expect(log).toMatch(/excluded \d+ files/);
  });
});

describe("untracked files", () => {
  test("are all that git does not track, submodules left alone", async () => {
    const tree = testProject(["tracked", "new", "out/new", ".git/config", "sub/of-submodule"]);
    const { found, log } = await tree.find({ tracked: new Set(["tracked", "sub"]) });
    expect(sorted(found)).toEqual(["new", "out/new"]);
    expect(log).toContain("untracked: found 2 files");
    tree.remove();
  });

  test("come along with paths, each file once", async () => {
    const { found } = await project.find({ paths: ["a.txt", "*.txt"], tracked: new Set() });
    expect(sorted(found).filter((path) => path === "a.txt")).toHaveLength(1);
  });
});

test("the .git directory is archived with a warning", async () => {
  mkdirSync(join(project.directory, ".git"));
  writeFileSync(join(project.directory, ".git/HEAD"), "x");
  const { found, log } = await project.find({ paths: [".git/"] });
  expect(sorted(found)).toEqual([".git", ".git/HEAD"]);
  expect(log).toContain("WARNING: Part of .git directory is on the list of files to archive");
});
