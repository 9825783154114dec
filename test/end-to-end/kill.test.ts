import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  makeRepository,
  pipelineOf,
  type Slipway,
  startSlipway,
} from "./harness.ts";
import { tagsOf } from "./registry.ts";

/** A service of the test's own, so that these tests run side by side. */
async function startOwn(settings: string, onTestFinished: OnTestFinished): Promise<Slipway> {
  const slipway = await startSlipway(settings);
  onTestFinished(slipway.stop, 60_000);
  return slipway;
}
type OnTestFinished = (stop: () => Promise<void>, timeout: number) => void;

const sample = join(import.meta.dirname, "examples/repository");
/** Every job says when it starts and ends, so that one that ran twice shows. */
const config = `
image: docker:stable
services: ["docker:dind"]
stages: [build, test, release, deploy]
variables:
  DOCKER_HOST: tcp://docker:2375
  DOCKER_TLS_CERTDIR: ""
before_script:
  - docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY
build:
  stage: build
  script:
    - echo "begin $CI_JOB_NAME"
    - docker build -t $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG .
    - sleep 2
    - docker push $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
test:
  stage: test
  script:
    - echo "begin $CI_JOB_NAME"
    - sleep 2
    - docker run $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG /script/to/run/tests
release:
  stage: release
  script:
    - echo "begin $CI_JOB_NAME"
    - docker pull $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
    - docker tag $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG $CI_REGISTRY_IMAGE:latest
    - sleep 2
    - docker push $CI_REGISTRY_IMAGE:latest
deploy:
  stage: deploy
  script:
    - echo "begin $CI_JOB_NAME"
    - ./deploy.sh
`;

describe.concurrent.each(["docker-socket", "docker-in-docker", "shell"])(
  "kill -9 of the service under %s",
  (executor) => {
    test("during build, test and release loses nothing and runs nothing twice", {
      timeout: 240_000,
    }, async ({ onTestFinished }) => {
      const slipway = await startOwn(`defaults:\n  executor: ${executor}\n`, onTestFinished);
      const project = "kill/app";
      const repository = await makeRepository(slipway, project, sample);
      repository.write({
        ".gitlab-ci.yml":
          executor === "shell" ? config.replace(/^ {2}DOCKER_.*$/gm, "  X: y") : config,
      });
      const { sha } = await repository.push();
      for (const name of ["build", "test", "release"]) {
        await pipelineOf(slipway, project, sha, { until: (view) => isUnderWay(view, name) });
        await sleep(1_000);
        await slipway.kill();
        await sleep(1_000);
        await slipway.start();
      }
      const pipeline = await pipelineOf(slipway, project, sha);
      const jobs = jobsOf(pipeline);
      const logs = await Promise.all(Object.values(jobs).map((job) => logOf(slipway, job.id)));
      expect(pipeline.status, logs.join("\n")).toBe("success");
      // The kill may have taken a job on its way to its runner, which then never began.
      for (const attempt of pipeline.retried)
        expect(await logOf(slipway, attempt.id)).not.toMatch(/^begin /m);
      for (const log of logs) expect(log.match(/^begin \w+/gm)).toHaveLength(1);
      expect(await tagsOf(slipway, project)).toEqual(["latest", "main"]);
      await expectNothingLeft(slipway);
    });
  },
);

describe.concurrent("a killed service", () => {
  test("that got a push but had no time to handle it handles it at the next start", {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const slipway = await startOwn("defaults:\n  executor: docker-socket\n", onTestFinished);
    const project = "kill/lost";
    const repository = await makeRepository(slipway, project);
    repository.write({ ".gitlab-ci.yml": "first:\n  image: busybox\n  script: ['true']\n" });
    await pipelineOf(slipway, project, (await repository.push()).sha);
    const push = repository.push({ message: "Killed in the middle" }).catch(() => undefined);
    const stored = join(slipway.data, "repositories", `${project}.git`);
    const head = (): string => {
      try {
        return readFileSync(join(stored, "refs/heads/main"), "utf8").trim();
      } catch {
        return "";
      }
    };
    const before = head();
    while (head() === before) await sleep(1);
    await slipway.kill();
    await push;
    await slipway.start();
    expect((await pipelineOf(slipway, project, head())).status).toBe("success");
    await expectNothingLeft(slipway);
  });

  test("whose runner is killed too retries the job", { timeout: 120_000 }, async ({
    onTestFinished,
  }) => {
    const slipway = await startOwn("defaults:\n  executor: docker-socket\n", onTestFinished);
    const project = "kill/runner";
    const repository = await makeRepository(slipway, project);
    repository.write({ ".gitlab-ci.yml": "wait:\n  image: busybox\n  script: ['sleep 4']\n" });
    const { sha } = await repository.push();
    await pipelineOf(slipway, project, sha, { until: (view) => isUnderWay(view, "wait") });
    await sleep(700);
    const [environment = ""] = readdirSync(join(slipway.data, "environments"));
    const facts = readFileSync(join(slipway.data, "environments", environment, "process"), "utf8");
    const group = Number(facts.split(" ")[1]);
    await slipway.kill();
    process.kill(-group, "SIGKILL");
    await slipway.start();
    const pipeline = await pipelineOf(slipway, project, sha);
    expect(pipeline.status).toBe("success");
    expect(pipeline.retried).toMatchObject([
      { name: "wait", failure_reason: "runner_system_failure" },
    ]);
    await expectNothingLeft(slipway);
  });
});

function isUnderWay(view: PipelineView, name: string): boolean {
  const status = jobsOf(view)[name]?.status;
  return status !== undefined && status !== "created" && status !== "pending";
}

/** The last environment has a moment to leave by itself. */
async function expectNothingLeft(slipway: Slipway): Promise<void> {
  expect(await leftInTheEnd(slipway)).toEqual([]);
}
