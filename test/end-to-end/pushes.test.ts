import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommitStatusView } from "#service/view/commit-status-view.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  makeRepository,
  pipelineOf,
  run,
  type Slipway,
  startSlipway,
} from "./harness.ts";
import { tagsOf } from "./registry.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway("defaults:\n  executor: docker-socket\n");
}, 60_000);
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  expect(left).toEqual([]);
}, 60_000);

const sample = join(import.meta.dirname, "examples/repository");
const fourStages = `
image: docker:stable
stages: [build, test, release, deploy]
variables:
  UNDER_TEST: $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
before_script:
  - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
build:
  stage: build
  script:
    - docker build -t $UNDER_TEST .
    - docker push $UNDER_TEST
test:
  stage: test
  script:
    - docker run $UNDER_TEST TEST_SCRIPT
release:
  stage: release
  script:
    - docker tag $UNDER_TEST $CI_REGISTRY_IMAGE:latest
    - docker push $CI_REGISTRY_IMAGE:latest
  only: [main]
deploy:
  stage: deploy
  script: [./deploy.sh]
  only: [main]
`;

describe("a push", () => {
  test("of a feature branch makes its own tag, and neither releases nor deploys", async () => {
    const project = "pushes/feature";
    const repository = await makeRepository(slipway, project, sample);
    repository.write({
      ".gitlab-ci.yml": fourStages.replace("TEST_SCRIPT", "/script/to/run/tests"),
    });
    const { sha, output } = await repository.push({ branch: "feature/My_Thing" });
    expect(output).toMatch(/remote: +http:\/\/\S+\/pushes\/feature\/-\/pipelines\/\d+/);
    const pipeline = await pipelineOf(slipway, project, sha);
    expect(pipeline.status).toBe("success");
    expect(Object.keys(jobsOf(pipeline))).toEqual(["build", "test"]);
    expect(await tagsOf(slipway, project)).toEqual(["feature-my-thing"]);
  });

  test("whose test fails leaves release and deploy skipped, and says why everywhere", async () => {
    const project = "pushes/failing";
    const repository = await makeRepository(slipway, project, sample);
    repository.write({
      ".gitlab-ci.yml": fourStages.replace("TEST_SCRIPT", "sh -c 'echo about to fail; exit 7'"),
    });
    const { sha } = await repository.push();
    const pipeline = await pipelineOf(slipway, project, sha);
    const jobs = jobsOf(pipeline);
    expect(pipeline.status).toBe("failed");
    expect(Object.values(jobs).map(({ name, status }) => [name, status])).toEqual([
      ["build", "success"],
      ["test", "failed"],
      ["release", "skipped"],
      ["deploy", "skipped"],
    ]);
    expect(jobs.test).toMatchObject({ failure_reason: "script_failure", exit_code: 7 });
    expect(await logOf(slipway, jobs.test?.id ?? 0)).toContain("exit code 7");
    const statuses = await slipway.api<CommitStatusView[]>(`/statuses/${sha}/${project}`);
    expect(statuses).toMatchObject([{ context: "slipway", state: "failed" }]);
    expect(statuses[0]?.description).toContain("test failed (script_failure, exit code 7)");
    expect(await tagsOf(slipway, project)).toEqual(["main"]);
  });

  test("with ci.skip runs nothing, with ci.variable sets a variable, with slipway.follow shows the logs", async () => {
    const project = "pushes/options";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": "show:\n  image: busybox\n  script: ['echo \"GREETING is $GREETING\"']\n",
    });
    const skipped = await repository.push({ pushOptions: ["ci.skip"] });
    expect((await pipelineOf(slipway, project, skipped.sha)).status).toBe("skipped");
    const { output } = await repository.push({
      pushOptions: ["ci.variable=GREETING=hello=there", "slipway.follow"],
    });
    expect(output).toContain("GREETING is hello=there");
    expect(output).toMatch(/remote: Pipeline \d+: success/);
  });

  test("of a wrong configuration names file, line and column in push, pipeline and status", async () => {
    const project = "pushes/wrong";
    const repository = await makeRepository(slipway, project);
    repository.write({ ".gitlab-ci.yml": "build:\n  script: [make]\n  imgae: busybox\n" });
    const { sha, output } = await repository.push();
    expect(output).toContain(".gitlab-ci.yml:3:3: error:");
    const pipeline = await pipelineOf(slipway, project, sha);
    expect(pipeline.status).toBe("failed");
    expect(pipeline.problems[0]).toContain(".gitlab-ci.yml:3:3");
  });

  test("of a repository with neither configuration nor Dockerfile says so and makes no pipeline", async () => {
    const repository = await makeRepository(slipway, "pushes/empty");
    const { output } = await repository.push();
    expect(output).toContain("no .gitlab-ci.yml and no Dockerfile");
  });

  test("without the token is refused", async () => {
    await expect(
      run(
        "git",
        [
          "-c",
          "credential.helper=",
          "ls-remote",
          `http://127.0.0.1:${slipway.port}/pushes/feature.git`,
        ],
        {
          env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
        },
      ),
    ).rejects.toThrow();
  });

  test("of a tag runs the jobs for tags", async () => {
    const project = "pushes/tagged";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml":
        "branch:\n  image: busybox\n  script: ['true']\n  only: [branches]\ntag:\n  image: busybox\n  script: ['echo tag $CI_COMMIT_TAG, branch ${CI_COMMIT_BRANCH-none}']\n  only: [tags]\n",
    });
    const { output } = await repository.push({ tag: "v1.0.0" });
    const id = Number(/pipelines\/(\d+)/.exec(output)?.[1]);
    const pipeline = await pipelineOf(
      slipway,
      project,
      (await repository.push({ tag: "v1.0.1" })).sha,
    );
    expect(pipeline.id).toBe(id + 1);
    const jobs = jobsOf(pipeline);
    expect(Object.keys(jobs)).toEqual(["tag"]);
    expect(await logOf(slipway, jobs.tag?.id ?? 0)).toContain("tag v1.0.1, branch none");
  });
});

describe("a repository with only a Dockerfile", () => {
  test("is built, tested by script/test, released as latest and deployed", async () => {
    const project = "pushes/dockerfile";
    const repository = await makeRepository(slipway, project, sample);
    repository.write({
      "script/test": '#!/bin/sh\nset -e\ndocker run --rm "$1" /script/to/run/tests\n',
    });
    await run("chmod", ["+x", join(repository.directory, "script/test")]);
    const { sha } = await repository.push();
    const pipeline = await pipelineOf(slipway, project, sha);
    const jobs = jobsOf(pipeline);
    expect(pipeline.status, await logOf(slipway, jobs.build?.id ?? 0)).toBe("success");
    expect(Object.keys(jobs)).toEqual(["build", "test", "release", "deploy"]);
    expect(await logOf(slipway, jobs.test?.id ?? 0)).toContain("first test passed");
    expect(await logOf(slipway, jobs.deploy?.id ?? 0)).toContain(
      "deployed by the sample's own script",
    );
    expect(await tagsOf(slipway, project)).toEqual(["latest", "main"]);
  });

  test("is tested by TEST_COMMAND where that is set, and says so where there are no tests", async () => {
    slipway.configure(
      "defaults:\n  executor: docker-socket\nprojects:\n  pushes/command:\n    variables:\n      TEST_COMMAND: echo tested by $(hostname | wc -l) command\n",
    );
    const build = "FROM busybox\n";
    const withCommand = await makeRepository(slipway, "pushes/command");
    withCommand.write({ Dockerfile: build });
    const tested = await pipelineOf(slipway, "pushes/command", (await withCommand.push()).sha);
    expect(await logOf(slipway, jobsOf(tested).test?.id ?? 0)).toContain("tested by 1 command");
    const topic = await withCommand.push({ branch: "feature/x" });
    const second = await pipelineOf(slipway, "pushes/command", topic.sha);
    expect(Object.keys(jobsOf(second))).toEqual(["build", "test"]);
    const without = await makeRepository(slipway, "pushes/untested");
    without.write({ Dockerfile: build });
    const untested = await pipelineOf(slipway, "pushes/untested", (await without.push()).sha);
    expect(await logOf(slipway, jobsOf(untested).test?.id ?? 0)).toContain(
      "No tests: set the project variable TEST_COMMAND",
    );
  });
});
