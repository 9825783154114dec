import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  jobsOf,
  logOf,
  makeRepository,
  pipelineOf,
  type Slipway,
  startSlipway,
} from "./harness.ts";
import { askRegistry } from "./registry.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway("defaults:\n  executor: docker-socket\n");
}, 60_000);
afterAll(() => slipway.stop(), 60_000);

/** The token, leaked on purpose: turned about so that the log does not mask it. */
const leak = "echo TOKEN=$(echo $CI_JOB_TOKEN | rev)=";
function leaked(log: string): string {
  return [...(/TOKEN=([\w-]+)=/.exec(log)?.[1] ?? "")].toReversed().join("");
}

describe("a job's token at the real registry", () => {
  test("pulls and pushes its own project while the job runs, nothing else, and nothing afterwards", async () => {
    const other = await makeRepository(slipway, "rights/other");
    other.write({
      ".gitlab-ci.yml":
        "image: docker:stable\nmake:\n  script:\n    - docker login -u gitlab-ci-token -p $CI_JOB_TOKEN $CI_REGISTRY\n    - docker tag busybox $CI_REGISTRY_IMAGE:secret\n    - docker push $CI_REGISTRY_IMAGE:secret\n",
    });
    const made = await pipelineOf(slipway, "rights/other", (await other.push()).sha);
    expect(made.status).toBe("success");

    const repository = await makeRepository(slipway, "rights/own");
    repository.write({
      ".gitlab-ci.yml": `image: docker:stable\nhold:\n  script:\n    - ${leak}\n    - docker login -u anybody -p $CI_JOB_TOKEN $CI_REGISTRY\n    - docker tag busybox $CI_REGISTRY_IMAGE/below:one\n    - docker push $CI_REGISTRY_IMAGE/below:one\n    - '! docker pull $CI_REGISTRY/rights/other:secret'\n    - '! docker push $CI_REGISTRY/rights/other:secret'\n    - touch /builds/ready\n    - for i in $(seq 100); do test -f $CI_PROJECT_DIR/never && break; sleep 0.1; done\n`,
    });
    const { sha } = await repository.push();
    let token = "";
    const running = await pipelineOf(slipway, "rights/own", sha, {
      until: (view) => jobsOf(view).hold?.status === "running",
    });
    const jobId = jobsOf(running).hold?.id ?? 0;
    for (let tries = 0; tries < 100 && token === ""; tries++) {
      await new Promise((done) => setTimeout(done, 50));
      token = leaked(await logOf(slipway, jobId));
    }
    expect(
      (await askRegistry(slipway, token, "rights/own/below", "tags/list", { actions: "pull,push" }))
        .token,
    ).toBe(200);
    expect(await askRegistry(slipway, token, "rights/other", "tags/list")).toMatchObject({
      token: 200,
      status: 401,
    });
    const done = await pipelineOf(slipway, "rights/own", sha);
    const log = await logOf(slipway, jobId);
    expect(done.status, log).toBe("success");
    expect(log).toContain("denied");
    expect((await askRegistry(slipway, token, "rights/own/below", "tags/list")).token).toBe(401);
  });

  test("is masked in the log", async () => {
    const repository = await makeRepository(slipway, "rights/masked");
    repository.write({
      ".gitlab-ci.yml":
        "show:\n  image: busybox\n  script: ['echo \"it is $CI_JOB_TOKEN, $CI_REGISTRY_PASSWORD\"']\n",
    });
    const pipeline = await pipelineOf(slipway, "rights/masked", (await repository.push()).sha);
    expect(await logOf(slipway, jobsOf(pipeline).show?.id ?? 0)).toContain(
      "it is [MASKED], [MASKED]",
    );
  });
});
