import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  jobsOf,
  logOf,
  makeRepository,
  pipelineOf,
  type Slipway,
  startSlipway,
} from "../end-to-end/harness.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway(`defaults:
  executor: docker-socket
projects:
  atk/plain:
    executor: docker-in-docker
    privileged: false
  atk/narrow:
    allowed_pull_policies: [always]
`);
}, 60_000);
afterAll(() => slipway.stop(), 120_000);

/** The second where the registry is slow: no answer is no leave either. */
const refusal: unknown = expect.stringMatching(/image_pull_failure|runner_system_failure/);

const make = `image: docker:stable
make:
  script:
    - printf 'FROM busybox\\nRUN echo CANARY > /secret-of-victim\\n' > Dockerfile
    - docker login -u gitlab-ci-token -p $CI_JOB_TOKEN $CI_REGISTRY
    - docker build -t $CI_REGISTRY_IMAGE:img -t $CI_REGISTRY_IMAGE/below:img .
    - docker push $CI_REGISTRY_IMAGE:img
    - docker push $CI_REGISTRY_IMAGE/below:img
    - docker tag $CI_REGISTRY_IMAGE:img $CI_REGISTRY_IMAGE:never-pushed
    - docker inspect -f '{{range .RepoDigests}}DIGEST={{.}}={{end}}' $CI_REGISTRY_IMAGE:img
`;

describe("another project's private image that lies on the machine's engine", () => {
  test.for(["atk/plain", "atk/socket"])("is run for no job of %s", async (project) => {
    const victim = await makeRepository(slipway, `victim/${project.slice(4)}`);
    victim.write({ ".gitlab-ci.yml": make });
    const made = await pipelineOf(slipway, `victim/${project.slice(4)}`, (await victim.push()).sha);
    const log = await logOf(slipway, jobsOf(made).make?.id ?? 0);
    expect(made.status, log).toBe("success");
    const [, digest] =
      new RegExp(`DIGEST=(${slipway.registryHost}/victim/${project.slice(4)}@sha256:\\w+)=`).exec(
        log,
      ) ?? [];
    expect(digest, log).toBeDefined();
    const image = `$CI_REGISTRY/victim/${project.slice(4)}`;
    const ways: Record<string, string> = {
      "by its tag": `{ name: "${image}:img" }`,
      "if not present": `{ name: "${image}:img", pull_policy: if-not-present }`,
      "never pulled": `{ name: "${image}:img", pull_policy: never }`,
      "by policies in another order": `{ name: "${image}:img", pull_policy: [never, if-not-present, always] }`,
      "by its digest": `{ name: "${digest}", pull_policy: if-not-present }`,
      "below the project": `{ name: "${image}/below:img", pull_policy: never }`,
      "by a tag that was never pushed": `{ name: "${image}:never-pushed", pull_policy: if-not-present }`,
      "with a login of its own making": `{ name: "${image}:img", pull_policy: if-not-present }`,
    };
    const jobs = Object.entries(ways).map(
      ([name, given]) =>
        `${name}:\n  image: ${given}\n  script: [cat /secret-of-victim]\n  allow_failure: true\n`,
    );
    const forged =
      '  variables: { DOCKER_AUTH_CONFIG: \'{"auths":{"$CI_REGISTRY":{"auth":"Y2k6Y2k="}}}\' }\n';
    const service = `as a service:
  image: busybox
  services: [{ name: "${image}:img", alias: thief, pull_policy: never, command: [cat, /secret-of-victim] }]
  script: [sleep 1]
  allow_failure: true
`;
    const repository = await makeRepository(slipway, project);
    repository.write({ ".gitlab-ci.yml": jobs.join("") + forged + service });
    const tried = await pipelineOf(slipway, project, (await repository.push()).sha);
    for (const [name, job] of Object.entries(jobsOf(tried))) {
      const said = await logOf(slipway, job.id);
      expect(said, name).not.toContain("CANARY");
      expect(said, name).toMatch(/Failed to pull the image/);
      expect(job, name).toMatchObject({ status: "failed", failure_reason: refusal });
    }
  });

  test("a project's own image runs by every policy, and what it must not ask for is said", async () => {
    const own = await makeRepository(slipway, "own/app");
    const policies = ["always", "if-not-present", "never"];
    const use = policies.map(
      (policy) =>
        `${policy}:\n  stage: test\n  image: { name: "$CI_REGISTRY_IMAGE:img", pull_policy: ${policy} }\n  script: [cat /secret-of-victim]\n`,
    );
    own.write({
      ".gitlab-ci.yml": make.replace("make:\n", "make:\n  stage: build\n") + use.join(""),
    });
    const done = await pipelineOf(slipway, "own/app", (await own.push()).sha);
    expect(done.status).toBe("success");
    for (const policy of policies) {
      const log = await logOf(slipway, jobsOf(done)[policy]?.id ?? 0);
      expect(log).toContain("CANARY");
      expect(log.includes("Pulling docker image"), policy).toBe(policy === "always");
    }
    const narrow = await makeRepository(slipway, "atk/narrow");
    narrow.write({
      ".gitlab-ci.yml":
        "a:\n  image: { name: busybox, pull_policy: never }\n  script: [echo hi]\nb:\n  image: { name: busybox, pull_policy: [never, always] }\n  script: [echo hi]\n",
    });
    const told = await pipelineOf(slipway, "atk/narrow", (await narrow.push()).sha);
    expect(jobsOf(told).a?.status).toBe("failed");
    expect(await logOf(slipway, jobsOf(told).a?.id ?? 0)).toContain("allowed_pull_policies");
    expect(jobsOf(told).b).toMatchObject({ status: "success" });
  });
});
