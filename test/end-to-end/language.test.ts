import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway("defaults:\n  executor: docker-socket\n");
}, 60_000);
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  expect(left).toEqual([]);
}, 60_000);

describe("on the real engine", () => {
  test("a job with needs starts before its stage", async () => {
    const project = "language/needs";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": `
image: busybox
stages: [build, test]
quick:
  stage: build
  script: ["true"]
slow:
  stage: build
  script: [sleep 4]
early:
  stage: test
  needs: [quick]
  script: ["true"]
late:
  stage: test
  script: ["true"]
`,
    });
    const pipeline = await pipelineOf(slipway, project, (await repository.push()).sha);
    const { early, late, slow } = jobsOf(pipeline);
    expect(pipeline.status).toBe("success");
    expect(String(early?.finished_at) < String(slow?.finished_at)).toBe(true);
    expect(String(late?.started_at) >= String(slow?.finished_at)).toBe(true);
  });

  test("rules:changes compares a push with the one before it", async () => {
    const project = "language/changes";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": `
image: busybox
docs:
  script: ["true"]
  rules:
    - changes: [docs/**/*]
code:
  script: ["true"]
  rules:
    - changes: ["src/*"]
`,
      "docs/a/page.md": "one\n",
      "src/main.c": "one\n",
    });
    const jobNames = async (sha: string): Promise<string[]> =>
      Object.keys(jobsOf(await pipelineOf(slipway, project, sha)));
    expect(await jobNames((await repository.push()).sha)).toEqual(["docs", "code"]);
    repository.write({ "docs/a/page.md": "two\n" });
    expect(await jobNames((await repository.push()).sha)).toEqual(["docs"]);
    repository.write({ "src/main.c": "two\n", "README.md": "hello\n" });
    expect(await jobNames((await repository.push()).sha)).toEqual(["code"]);
    repository.write({ "README.md": "hello again\n" });
    expect((await repository.push()).output).toContain("No pipeline for refs/heads/main");
  });

  test("a matrix builds an image for each of its rows", async () => {
    const project = "language/matrix";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": `
build:
  image: docker:stable
  parallel:
    matrix:
      - APP: [api, web]
        FLAVOUR: small
  script:
    - docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY
    - docker build --build-arg APP=$APP -t $CI_REGISTRY_IMAGE/$APP:$FLAVOUR .
    - docker push $CI_REGISTRY_IMAGE/$APP:$FLAVOUR
`,
      Dockerfile: "FROM busybox\nARG APP\nRUN echo $APP > /app\n",
    });
    const pipeline = await pipelineOf(slipway, project, (await repository.push()).sha);
    expect(pipeline.status).toBe("success");
    expect(Object.keys(jobsOf(pipeline))).toEqual(["build: [api, small]", "build: [web, small]"]);
    expect(await tagsOf(slipway, `${project}/api`)).toEqual(["small"]);
    expect(await tagsOf(slipway, `${project}/web`)).toEqual(["small"]);
  });

  test("a manual deploy waits to be played, with variables, and then ends the pipeline", async () => {
    const project = "language/manual";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": `
image: busybox
stages: [build, deploy]
build:
  stage: build
  script: ["true"]
deploy:
  stage: deploy
  script: ["echo to $TARGET in $CI_ENVIRONMENT_SLUG"]
  environment: {name: live/eu, url: https://example.com}
  rules:
    - when: manual
`,
    });
    const { sha } = await repository.push();
    const waiting = await pipelineOf(slipway, project, sha);
    expect(waiting.status).toBe("manual");
    const id = jobsOf(waiting).deploy?.id ?? 0;
    await slipway.api<unknown>(`/jobs/${id}/play`, {
      method: "POST",
      body: JSON.stringify({ variables: { TARGET: "the moon" } }),
    });
    const done = await pipelineOf(slipway, project, sha, { until: isOver });
    expect(done.status).toBe("success");
    expect(await logOf(slipway, id)).toMatch(/^to the moon in live-eu-\w+/m);
  });

  test("a newer push cancels the older pipeline of its branch", async () => {
    const project = "language/superseded";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": "wait:\n  image: busybox\n  interruptible: true\n  script: [sleep 20]\n",
    });
    const first = await repository.push({ branch: "topic" });
    await pipelineOf(slipway, project, first.sha, {
      until: (view) => jobsOf(view).wait?.status === "running",
    });
    repository.write({
      ".gitlab-ci.yml": "wait:\n  image: busybox\n  interruptible: true\n  script: ['true']\n",
    });
    const second = await repository.push({ branch: "topic" });
    expect((await pipelineOf(slipway, project, first.sha)).status).toBe("canceled");
    expect((await pipelineOf(slipway, project, second.sha)).status).toBe("success");
  });

  test("a delayed job starts by itself when it is due", async () => {
    const project = "language/delayed";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml":
        "later:\n  image: busybox\n  when: delayed\n  start_in: 3 seconds\n  script: ['true']\n",
    });
    const { sha } = await repository.push();
    await sleep(500);
    const early = await pipelineOf(slipway, project, sha, { until: () => true });
    expect(jobsOf(early).later?.status).toBe("scheduled");
    expect((await pipelineOf(slipway, project, sha)).status).toBe("success");
  });

  test("a trigger job makes a child pipeline and follows it", async () => {
    const project = "language/child";
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml":
        "child:\n  trigger:\n    include: child.yml\n    strategy: depend\n  variables: {FROM: parent}\n",
      "child.yml": 'say:\n  image: busybox\n  script: ["echo from $FROM as $CI_PIPELINE_SOURCE"]\n',
    });
    const { sha } = await repository.push();
    const list = async (): Promise<{ id: number }[]> =>
      slipway.api(`/pipelines?project=${encodeURIComponent(project)}&limit=5`);
    for (let tries = 0; tries < 100 && (await list()).length < 2; tries++) await sleep(100);
    const [child, parent] = (await list()).toSorted((a, b) => b.id - a.id);
    const view = async (id: number | undefined): Promise<PipelineView> => {
      for (;;) {
        const found = await slipway.api<PipelineView>(`/pipelines/${id}`);
        if (isOver(found)) return found;
        await sleep(100);
      }
    };
    expect((await view(parent?.id)).status).toBe("success");
    const made = await view(child?.id);
    expect(made).toMatchObject({ status: "success", sha });
    expect(await logOf(slipway, jobsOf(made).say?.id ?? 0)).toContain(
      "from parent as parent_pipeline",
    );
  });
});

function isOver(view: PipelineView): boolean {
  return ["success", "failed", "canceled"].includes(view.status);
}
