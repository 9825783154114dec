import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findMachine } from "#local/setup/machine.ts";
import { makeBuilderImage } from "./builder-image.ts";
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
import { makeKanikoImage } from "./kaniko-image.ts";

const machine = await findMachine();
const [builders, kaniko] = await Promise.all([makeBuilderImage(machine), makeKanikoImage(machine)]);
if ("missing" in builders)
  console.log(`kaniko-style and buildah jobs: skipped, ${builders.missing}`);
if ("missing" in kaniko) console.log(`kaniko itself: skipped, ${kaniko.missing}`);

/** Image builds without an engine, as GitLab's documents have them for kaniko and for buildah. */
const config = `
stages: [base, build, refuse]
.image: &builders
  name: ${"image" in builders ? builders.image : "none"}
  pull_policy: if-not-present

.login:
  script:
    - mkdir -p /kaniko/.docker
    - echo "{\\"auths\\":{\\"\${CI_REGISTRY}\\":{\\"auth\\":\\"$(printf "%s:%s" "\${CI_REGISTRY_USER}" "\${CI_REGISTRY_PASSWORD}" | base64 | tr -d '\\n')\\"}}}" > /kaniko/.docker/config.json

base:
  stage: base
  image:
    <<: *builders
    entrypoint: [""]
  script:
    - !reference [.login, script]
    - tar -C / -cf /tmp/base.tar $(cd / && ls -d bin lib lib64 2>/dev/null)
    - >-
      skopeo copy --authfile /kaniko/.docker/config.json --dest-tls-verify=false
      tarball:/tmp/base.tar "docker://\${CI_REGISTRY_IMAGE}/base:\${CI_COMMIT_REF_SLUG}"

build:
  stage: build
  image:
    <<: *builders
    entrypoint: [""]
  variables:
    STORAGE_DRIVER: vfs
    BUILDAH_ISOLATION: chroot
    IMAGE: \${CI_REGISTRY_IMAGE}:\${CI_COMMIT_REF_SLUG}
  before_script:
    - echo "$CI_REGISTRY_PASSWORD" | buildah login --tls-verify=false -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
  script:
    - buildah bud --tls-verify=false --format docker --build-arg BASE="\${CI_REGISTRY_IMAGE}/base:\${CI_COMMIT_REF_SLUG}" -t "$IMAGE" .
    - buildah push --tls-verify=false "$IMAGE"

engine:
  stage: refuse
  image: docker:stable
  services: ["docker:dind"]
  script: ["docker info"]
  allow_failure: true
`;

const kanikoJob = `
kaniko:
  stage: build
  image:
    name: ${"image" in kaniko ? kaniko.image : "none"}
    pull_policy: if-not-present
    entrypoint: [""]
  script:
    - !reference [.login, script]
    - >-
      /kaniko/executor --insecure --insecure-pull --context "$CI_PROJECT_DIR"
      --build-arg BASE="\${CI_REGISTRY_IMAGE}/base:\${CI_COMMIT_REF_SLUG}"
      --destination "\${CI_REGISTRY_IMAGE}/kaniko:\${CI_COMMIT_REF_SLUG}"
`;

const dockerfile = `ARG BASE
FROM $BASE
COPY greeting /greeting
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox id -u > /built-by"]
CMD ["/bin/busybox", "cat", "/greeting", "/built-by"]
`;

describe.skipIf("missing" in builders)("a project that is not privileged", () => {
  let slipway: Slipway;
  beforeAll(async () => {
    slipway = await startSlipway("projects:\n  plain/app:\n    privileged: false\n");
  });
  afterAll(async () => {
    await slipway.stop();
  });

  test("builds and pushes images without an engine, in the way of kaniko and by buildah", async () => {
    const repository = await makeRepository(slipway, "plain/app");
    const whole = "image" in kaniko ? config + kanikoJob : config;
    repository.write({ ".gitlab-ci.yml": whole, Dockerfile: dockerfile, greeting: "hello\n" });
    const { sha } = await repository.push();
    const pipeline = await pipelineOf(slipway, "plain/app", sha);
    const jobs = jobsOf(pipeline);
    const logs = Object.fromEntries(
      await Promise.all(
        Object.values(jobs).map(async (job) => [job.name, await logOf(slipway, job.id)] as const),
      ),
    );
    expect(pipeline.status, Object.values(logs).join("\n")).toBe("success");
    expect(jobs.engine).toMatchObject({ status: "failed", failure_reason: "script_failure" });
    expect(logs.engine).toContain("There is no Docker Engine for this job");
    expect(logs.build).not.toContain("Docker Engine");
    const pushed = `${slipway.registryHost}/plain/app`;
    expect(await pullAndRun(`${pushed}:main`)).toBe("hello\n0\n");
    if ("image" in kaniko) expect(await pullAndRun(`${pushed}/kaniko:main`)).toBe("hello\n0\n");
    expect(await leftInTheEnd(slipway)).toEqual([]);
  });

  async function pullAndRun(image: string): Promise<string> {
    const { machine, data, registryHost, token } = slipway;
    const env = {
      ...process.env,
      DOCKER_HOST: `unix://${machine.dockerSocket}`,
      DOCKER_CONFIG: join(data, "docker"),
    };
    const docker = (...args: string[]) => run(machine.dockerClient, args, { env });
    const login = docker("login", "-u", "owner", "--password-stdin", registryHost);
    login.child.stdin?.end(token());
    await login;
    await docker("pull", image);
    const { stdout } = await docker("run", "--rm", image);
    await docker("rmi", image);
    return stdout;
  }
});
