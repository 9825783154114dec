import { expect, test } from "vitest";
import { JobFailure } from "#runner/job-failure.ts";
import { gitFlags, gitNumber, submodulePaths } from "#runner/sources/git-flags.ts";

test.for([
  ["GIT_FETCH_EXTRA_FLAGS", "--prune --quiet", ["--prune", "--quiet"]],
  ["GIT_FETCH_EXTRA_FLAGS", " --no-tags\t-j 4\n", ["--no-tags", "--jobs=4"]],
  ["GIT_FETCH_EXTRA_FLAGS", "--filter=blob:none --depth 5", ["--filter=blob:none", "--depth=5"]],
  ["GIT_CLONE_EXTRA_FLAGS", "--no-tags --single-branch", ["--no-tags", "--single-branch"]],
  ["GIT_CLEAN_FLAGS", "-ffdx", ["-ffdx"]],
  ["GIT_CLEAN_FLAGS", "-ffdx -e cache/ -e *.log", ["-ffdx", "--exclude=cache/", "--exclude=*.log"]],
  ["GIT_CLEAN_FLAGS", "-ffd --exclude=a/b", ["-ffd", "--exclude=a/b"]],
  ["GIT_SUBMODULE_UPDATE_FLAGS", "--remote --jobs 4", ["--remote", "--jobs=4"]],
] as const)("%s takes %j", ([variable, text, expected]) => {
  expect(gitFlags(variable, text)).toEqual(expected);
});

test.for([
  ["GIT_FETCH_EXTRA_FLAGS", "--upload-pack=id>/tmp/x; ."],
  ["GIT_FETCH_EXTRA_FLAGS", "--upload-pack=id"],
  ["GIT_FETCH_EXTRA_FLAGS", "--upload-pac=id"],
  ["GIT_FETCH_EXTRA_FLAGS", "--prune ."],
  ["GIT_FETCH_EXTRA_FLAGS", "--prune -- ."],
  ["GIT_FETCH_EXTRA_FLAGS", "--end-of-options"],
  ["GIT_FETCH_EXTRA_FLAGS", "--multiple"],
  ["GIT_FETCH_EXTRA_FLAGS", "--server-option=x"],
  ["GIT_FETCH_EXTRA_FLAGS", "--filter=sparse:oid=main"],
  ["GIT_FETCH_EXTRA_FLAGS", "--depth=-1"],
  ["GIT_FETCH_EXTRA_FLAGS", "--depth --upload-pack=id"],
  ["GIT_FETCH_EXTRA_FLAGS", "--depth"],
  ["GIT_FETCH_EXTRA_FLAGS", "-c core.sshCommand=id"],
  ["GIT_FETCH_EXTRA_FLAGS", "--constructor=1"],
  ["GIT_CLONE_EXTRA_FLAGS", "--config core.sshCommand=id"],
  ["GIT_CLONE_EXTRA_FLAGS", "--template=/builds"],
  ["GIT_CLONE_EXTRA_FLAGS", "--reference=/"],
  ["GIT_CLEAN_FLAGS", "-ffdx /"],
  ["GIT_CLEAN_FLAGS", "-ffdx -e --exclude"],
  ["GIT_CLEAN_FLAGS", "-i"],
  ["GIT_CLEAN_FLAGS", "none -ffdx"],
  ["GIT_SUBMODULE_UPDATE_FLAGS", "--reference /"],
  ["GIT_SUBMODULE_UPDATE_FLAGS", "--rebase"],
  ["GIT_SUBMODULE_UPDATE_FLAGS", "--jobs 4x"],
] as const)("%s refuses %j, by its name and with what is allowed", ([variable, text]) => {
  expect(() => gitFlags(variable, text)).toThrow(JobFailure);
  expect(() => gitFlags(variable, text)).toThrow(
    new RegExp(`^${variable} has ".*", which is not allowed. Allowed: .*-`),
  );
});

test("submodules are named by paths inside the repository", () => {
  expect(submodulePaths(" lib/a :(exclude)lib/b :!c ")).toEqual([
    "lib/a",
    ":(exclude)lib/b",
    ":!c",
  ]);
  for (const path of [
    "--upload-pack=id",
    "-c",
    "../x",
    "a/../../b",
    "/etc",
    ":(top)-x",
    ":/../x",
  ]) {
    expect(() => submodulePaths(`lib ${path}`)).toThrow(/^GIT_SUBMODULE_PATHS has /);
  }
});

test("a number is a number", () => {
  expect(gitNumber("GIT_SUBMODULE_DEPTH", "3", 20)).toBe(3);
  expect(gitNumber("GIT_SUBMODULE_DEPTH", "", 20)).toBe(20);
  expect(() => gitNumber("GIT_SUBMODULE_DEPTH", "--x", 20)).toThrow(/it must be a number/);
});
