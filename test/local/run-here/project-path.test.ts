import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pathInUrl, projectPathOf } from "#local/run-here/project-path.ts";

test.each([
  ["https://gitlab.com/group/sub/project.git", "group/sub/project"],
  ["http://127.0.0.1:4480/group/project.git", "group/project"],
  ["ssh://git@host:22/group/project", "group/project"],
  ["git@github.com:owner/project.git", "owner/project"],
  ["/srv/git/project.git", undefined],
  ["../project", undefined],
  ["file:///srv/project.git", undefined],
])("the path in %s is %s", (url, path) => {
  expect(pathInUrl(url)).toBe(path);
});

test.each([
  ["My App", [], "local/my-app"],
  [".hidden", [], "local/project"],
  ["app", [["origin", "https://example.com/team/app.git"]], "team/app"],
  [
    "app",
    [
      ["origin", "https://example.com/team/app.git"],
      ["slipway", "http://127.0.0.1:4480/local/app.git"],
    ],
    "local/app",
  ],
  ["app", [["origin", "https://example.com/-/odd path.git"]], "local/app"],
])("the project in %s with the remotes %j is %s", async (name, remotes, expected) => {
  const work = mkdtempSync(join(tmpdir(), "slipway-path-"));
  try {
    const directory = join(work, name);
    mkdirSync(directory);
    if (remotes.length > 0) execFileSync("git", ["init", "--quiet", directory]);
    for (const [remote = "", url = ""] of remotes) {
      execFileSync("git", ["-C", directory, "remote", "add", remote, url]);
    }
    expect(await projectPathOf(directory)).toBe(expected);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
