import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSlipway, scratch } from "./scratch.ts";

const configuration = `
include: ci/lint.yml
stages: [build, test, deploy]
variables:
  TARGET: $CI_COMMIT_REF_SLUG
build:
  stage: build
  image: { name: docker:24, entrypoint: [""] }
  services:
    - docker:24-dind
    - { name: "postgres:15", alias: db, command: [postgres, -c, fsync=off], variables: { USER: ci } }
  before_script: [echo before]
  script: [echo one, echo two]
  after_script: [echo after]
  rules:
    - if: $CI_COMMIT_TAG
      when: never
    - changes: [src/**]
      variables: { CHANGED: src }
  artifacts: { paths: [out], expire_in: 1 week, reports: { dotenv: build.env } }
  cache: { key: { files: [package-lock.json] }, paths: [node_modules] }
  retry: { max: 2, when: script_failure }
  timeout: 1h 30m
  interruptible: true
  resource_group: builder
  tags: [big]
unit:
  needs: [{ job: build, artifacts: false, optional: true }]
  parallel: 2
  script: echo unit
  allow_failure: { exit_codes: [3] }
review:
  stage: deploy
  script: echo review
  environment: { name: review, url: "https://$CI_COMMIT_REF_SLUG.example.com", on_stop: stop }
  only: [merge_requests]
release:
  stage: deploy
  script: echo release
  when: delayed
  start_in: 5 minutes
  only: [tags]
stop:
  stage: deploy
  script: echo stop
  when: manual
  environment: { name: review, action: stop }
  only: [merge_requests]
`;

let project: ReturnType<typeof scratch>;
beforeAll(() => {
  project = scratch({
    ".gitlab-ci.yml": configuration,
    "ci/lint.yml": "lint: { stage: test, needs: [], script: echo lint, only: [branches] }\n",
  });
});
afterAll(() => project.remove());

async function compileJson(...args: readonly string[]) {
  const { stdout, code } = await runSlipway(project.path, ["compile", "--json", ...args]);
  return { code, ...JSON.parse(stdout) };
}

const names = (jobs: readonly { name: string }[]) => jobs.map(({ name }) => name);

describe("slipway compile", () => {
  test("prints a job with GitLab's keys, values as written and null for what is not said", async () => {
    const { code, ...result } = await compileJson("--changed", "src/a.ts");
    expect(code).toBe(0);
    expect(Object.keys(result)).toEqual(["status", "stages", "jobs", "diagnostics"]);
    expect(result).toMatchObject({ status: "created", stages: ["build", "test"], diagnostics: [] });
    const [build, lint, first] = result.jobs;
    expect(build).toEqual({
      name: "build",
      stage: "build",
      when: "on_success",
      allow_failure: false,
      needs: null,
      rules_matched: 1,
      image: { name: "docker:24", entrypoint: [""] },
      services: [
        { name: "docker:24-dind" },
        {
          name: "postgres:15",
          alias: "db",
          command: ["postgres", "-c", "fsync=off"],
          variables: { USER: "ci" },
        },
      ],
      variables: { TARGET: "$CI_COMMIT_REF_SLUG", CHANGED: "src" },
      script: ["echo before", "echo one", "echo two"],
      after_script: ["echo after"],
      environment: null,
      artifacts: {
        name: null,
        paths: ["out"],
        exclude: [],
        untracked: false,
        when: "on_success",
        expire_in: "1 week",
        reports: { dotenv: ["build.env"] },
      },
      cache: [
        {
          key: { files: ["package-lock.json"] },
          paths: ["node_modules"],
          untracked: false,
          policy: "pull-push",
          when: "on_success",
          fallback_keys: [],
        },
      ],
      retry: { max: 2, when: ["script_failure"], exit_codes: [] },
      timeout: 5400,
      interruptible: true,
      resource_group: "builder",
      tags: ["big"],
      parallel: null,
    });
    expect(lint).toMatchObject({ name: "lint", needs: [], image: null, timeout: null });
    expect(first).toMatchObject({
      name: "unit 1/2",
      allow_failure: { exit_codes: [3] },
      needs: [{ job: "build", artifacts: false, optional: true }],
      parallel: { index: 1, total: 2 },
    });
  });

  test.for<[string, readonly string[], readonly string[]]>([
    ["what changed is not known", [], ["build", "lint", "unit 1/2", "unit 2/2"]],
    ["something else changed", ["--changed", "docs/x"], ["lint", "unit 1/2", "unit 2/2"]],
    ["nothing changed", ["--changed", ""], ["lint", "unit 1/2", "unit 2/2"]],
    ["a tag is pushed", ["--ref", "v1", "--tag"], ["unit 1/2", "unit 2/2", "release"]],
    [
      "a merge request is opened",
      ["--source", "merge_request_event", "--ref", "feature", "--changed", "src/b.ts"],
      ["build", "review", "stop"],
    ],
  ])("lists only the jobs that are in when %s", async ([, args, expected]) => {
    const result = await compileJson(...args);
    expect(names(result.jobs)).toEqual(expected);
  });

  test("shows delays and environments in seconds and GitLab's words", async () => {
    const tagged = await compileJson("--ref", "v1", "--tag");
    expect(tagged.jobs.at(-1)).toMatchObject({ when: "delayed", start_in: 300 });
    const opened = await compileJson("--source", "merge_request_event", "--ref", "feature");
    expect(opened.jobs.at(-1)).toMatchObject({
      when: "manual",
      allow_failure: true,
      environment: { name: "review", url: null, action: "stop", on_stop: null },
    });
  });

  test("reads standard input, with flags for variables, inputs and the project", async () => {
    const text = `spec: { inputs: { word: {}, list: { type: array } } }
---
"$[[ inputs.word ]]":
  script: $[[ inputs.list ]]
  rules:
    - if: $MODE == "x=y" && $CI_PROJECT_PATH == "team/app" && $CI_DEFAULT_BRANCH == "trunk"
`;
    const args = ["--variable", "MODE=x=y", "--input", "word=hello", "--input", 'list=["a", "b"]'];
    const more = ["--path", "team/app", "--default-branch", "trunk", "--json"];
    const { stdout } = await runSlipway(project.path, ["compile", "-", ...args, ...more], text);
    const { status, jobs } = JSON.parse(stdout);
    expect({ status, jobs }).toMatchObject({
      status: "created",
      jobs: [{ name: "hello", script: ["a", "b"] }],
    });
  });

  test.for<[string, string, number]>([
    ["invalid", "build: { imgae: x, script: y }", 1],
    ["filtered", "workflow: { rules: [{ when: never }] }\nbuild: { script: y }", 0],
    ["created", "build: { script: y }", 0],
  ])("a file that is %s ends with the right exit code", async ([status, text, code]) => {
    const ended = await runSlipway(project.path, ["compile", "-", "--json"], text);
    expect(ended.code).toBe(code);
    const result = JSON.parse(ended.stdout);
    expect(result.status).toBe(status);
    expect(Array.isArray(result.jobs) && Array.isArray(result.stages)).toBe(true);
  });

  test("a commit message that skips gives no jobs and no failure", async () => {
    const result = await compileJson("--commit-message", "Fix [skip ci]");
    expect(result).toMatchObject({ code: 0, status: "skipped", stages: [], jobs: [] });
  });

  test("prints stages and jobs for people", async () => {
    const { stdout, code } = await runSlipway(project.path, ["compile"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^build\n {2}build +docker:24 +with docker:24-dind, postgres:15/);
    expect(stdout).toContain("created: 4 jobs in 2 stages");
  });

  test("reads includes of another project from a directory, and remote ones as the service does: none from inside", async () => {
    const other = scratch({
      "jobs.yml": "there: { script: x }",
      "templates/part/template.yml": "part: { script: x }",
    });
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end("far: { script: x }");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const text = `include:
  - { project: team/ci, ref: v1, file: jobs.yml }
  - { component: $CI_SERVER_FQDN/team/ci/part@1.0 }
  - { remote: "http://127.0.0.1:${port}/x.yml" }
`;
    const args = ["compile", "-", "--json", "--include-from", `team/ci=${other.path}`];
    const withRemote = await runSlipway(project.path, args, text);
    const without = await runSlipway(project.path, args, text.replace(/^.*remote.*\n/m, ""));
    server.close();
    other.remove();
    expect(withRemote.code).toBe(1);
    expect(withRemote.stdout).toContain(`\`http://127.0.0.1:${port}/x.yml\` is no https address.`);
    expect(asked).toBe(0);
    expect(names(JSON.parse(without.stdout).jobs).toSorted()).toEqual(["part", "there"]);
  });
});
