import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSlipway, scratch } from "./scratch.ts";

let project: ReturnType<typeof scratch>;
beforeAll(() => {
  project = scratch({
    ".gitlab-ci.yml": "include: ci/lint.yml\nbuild: { script: make }\n",
    "ci/lint.yml": "lint: { script: echo lint, only: [branches] }\n",
    "bad/.gitlab-ci.yml": "include: ci/jobs.yml\nbuild:\n  script: [make]\n",
    "bad/ci/jobs.yml": "test:\n  script: make\n  imgae: x\n",
    "warned.yml": "release:\n  script: make\n  release: { tag_name: v1, description: x }\n",
  });
});
afterAll(() => project.remove());

describe("slipway lint", () => {
  test("says nothing on standard output about a good file", async () => {
    const ended = await runSlipway(project.path, ["lint"]);
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "no problems in 1 file\n" });
  });

  test("names place, severity and code of an error in an included file, as seen from here", async () => {
    const { code, stdout } = await runSlipway(project.path, ["lint", "bad/.gitlab-ci.yml"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^bad\/ci\/jobs\.yml:3:3: error unknown-key: .*`imgae`.*\n$/);
  });

  test("prints all findings of all files as one JSON object", async () => {
    const files = [".gitlab-ci.yml", "warned.yml", "bad/.gitlab-ci.yml"];
    const { code, stdout } = await runSlipway(project.path, ["lint", "--json", ...files]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      errors: 1,
      warnings: 1,
      diagnostics: [
        { severity: "warning", file: "warned.yml", path: "jobs:release:release" },
        { severity: "error", code: "unknown-key", file: "bad/ci/jobs.yml", line: 3, column: 3 },
      ],
    });
  });

  test.for<[readonly string[], number]>([
    [[], 0],
    [["--strict"], 1],
  ])("a warning with %s ends with %i", async ([flags, code]) => {
    const ended = await runSlipway(project.path, ["lint", ...flags, "warned.yml"]);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toContain(": warning ");
  });

  test("checks the branch that is here against its repository", async () => {
    const repository = scratch({
      ".gitlab-ci.yml": `
build: { script: x, rules: [{ if: $CI_COMMIT_BRANCH == "main" }] }
test:
  needs: [build]
  script: x
  rules: [{ changes: { paths: [added.txt], compare_to: main } }]
`,
    });
    repository.git("init", "-q", "-b", "main");
    repository.git("add", "-A");
    repository.git("commit", "-q", "-m", "one");
    repository.git("switch", "-q", "-c", "feature");
    const before = await runSlipway(repository.path, ["lint"]);
    repository.write({ "added.txt": "" });
    const after = await runSlipway(repository.path, ["lint"]);
    repository.remove();
    expect([before.code, after.code]).toEqual([0, 1]);
    expect(after.stdout).toContain("error missing-need: `test` needs `build`");
  });

  test.for<[string, readonly string[], number, RegExp]>([
    [
      "a file that is not there",
      ["nowhere.yml"],
      3,
      /nowhere\.yml cannot be read: it does not exist/,
    ],
    ["a directory", ["ci"], 3, /ci cannot be read: it is a directory/],
    ["a variable without a value", ["--variable", "x"], 2, /KEY=VALUE/],
    ["an unknown source", ["--source", "pigeon"], 2, /pigeon/],
  ])("refuses %s", async ([, args, code, message]) => {
    const ended = await runSlipway(project.path, ["lint", ...args]);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(message);
  });
});
