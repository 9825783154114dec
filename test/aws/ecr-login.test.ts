import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findDockerClient } from "#local/setup/engine/docker-client.ts";
import type { Settings } from "#runner/settings.ts";
import { bridge, DOCKER_HOST, docker, remainsOf, requireImages } from "../engine/real-engine.ts";
import { registryBinary } from "../registry/real-registry.ts";
import { uploadImage } from "../registry/small-image.ts";
import { type FakeService, startFakeService } from "../runner/support/fake-service.ts";
import { type GitHost, startGitHost } from "../runner/support/git-host.ts";
import { aJob, variable } from "../runner/support/jobs.ts";
import { removeDirectory, runJobs, testSettings } from "../runner/support/run.ts";
import { startCredentialsEndpoint } from "./ecr-double/credentials-endpoint.ts";
import { type EcrDouble, startEcrDouble } from "./ecr-double/ecr-double.ts";
import { EcrRejection } from "./ecr-double/world.ts";

await requireImages("busybox:latest", "docker:stable");
const client = await findDockerClient();
if (client === undefined) throw new Error("There is no Docker client here: npm run setup");

const placeholder = "placeholder-of-the-registry-password";
const own = "shop/app";

const executors = [
  { executor: "docker-socket" },
  // Two places, so that it does not need this machine's /builds.
  { executor: "docker-in-docker", privileged: true, capacity: 2 },
  { executor: "shell" },
] as const satisfies Partial<Settings>[];

describe("a job's logins at ECR", { timeout: 60_000 }, () => {
  let ecr: EcrDouble;
  let role: Awaited<ReturnType<typeof startCredentialsEndpoint>>;
  let git: GitHost;
  let service: FakeService;
  let settings: Settings;
  let before: NodeJS.ProcessEnv;
  let umask: number;

  beforeAll(async () => {
    umask = process.umask(0);
    before = { ...process.env };
    ecr = await startEcrDouble({ registryBinary });
    role = await startCredentialsEndpoint(ecr, { name: "b-app", access: "push", buildRepo: own });
    Object.assign(process.env, role.env);
    git = await startGitHost(
      { Dockerfile: "FROM busybox\nCOPY hello.txt /\n", "hello.txt": "hello\n" },
      (await bridge()).gateway,
    );
  });
  afterAll(async () => {
    process.umask(umask);
    for (const name of Object.keys(role?.env ?? {})) delete process.env[name];
    Object.assign(process.env, before);
    await git?.close();
    await role?.close();
    await ecr?.close();
  });
  beforeEach(async () => {
    service = await startFakeService();
    ecr.world.repositories.clear();
    ecr.world.tokens.clear();
    ecr.world.calls.length = 0;
    ecr.world.repositories.set(own, { mutability: "MUTABLE" });
    ecr.world.repositories.set(`${own}/base`, { mutability: "MUTABLE" });
    ecr.world.repositories.set("shop/other", { mutability: "MUTABLE" });
    const theirs = await uploadImage(ecr.images, "shop/other", "theirs");
    await ecr.images.putManifest("shop/other", "main", theirs);
  });
  afterEach(async () => {
    await service.close();
    expect(await remainsOf(settings.environmentId)).toEqual([]);
    removeDirectory(settings);
  });

  /** A job as the service sends it, with the variables that logins are made of. */
  function ecrJob(script: readonly string[]) {
    const job = aJob(git);
    const host = ecr.host;
    return {
      ...job,
      image: { name: "docker:stable" },
      steps: aJob(git, { script: [...script] }).steps,
      variables: [
        variable("CI_REGISTRY", host),
        variable("CI_REGISTRY_IMAGE", `${host}/${own}`),
        variable("CI_REGISTRY_USER", "AWS"),
        variable("CI_REGISTRY_PASSWORD", placeholder, { masked: true, public: false }),
        variable("CI_JOB_TOKEN", job.token, { masked: true, public: false }),
        variable("CI_BUILD_TOKEN", job.token, { masked: true, public: false }),
        variable("OF_THE_PROJECT", "user AWS password $CI_REGISTRY_PASSWORD"),
        variable("PASSWORD_FILE", placeholder, { file: true }),
      ],
      credentials: [
        { type: "registry" as const, url: host, username: "AWS", password: placeholder },
      ],
      registry: { kind: "ecr" as const, region: ecr.world.region, host, placeholder },
    };
  }

  async function run(more: Partial<Settings>, script: readonly string[]) {
    settings = testSettings(service, {
      dockerHost: DOCKER_HOST,
      dockerClient: client?.path,
      ...more,
    });
    const [result] = await runJobs(service, settings, [ecrJob(script)]);
    return { log: result?.log ?? "", verdict: result?.verdict };
  }

  const build = (tag: string) => `docker build -q -t $CI_REGISTRY_IMAGE${tag} .`;
  const logins: readonly (readonly [string, string])[] = [
    ["job", 'docker login -u gitlab-ci-token -p "$CI_JOB_TOKEN" "$CI_REGISTRY"'],
    ["build", "docker login -u gitlab-ci-token -p $CI_BUILD_TOKEN $CI_REGISTRY"],
    [
      "user",
      'echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin $CI_REGISTRY',
    ],
    [
      "mixed",
      'echo "$CI_JOB_TOKEN" | docker login -u "$CI_REGISTRY_USER" --password-stdin http://$CI_REGISTRY/v2/',
    ],
    ["old", 'docker login -u gitlab-ci-token -p "$CI_REGISTRY_PASSWORD" "$CI_REGISTRY"'],
    ["file", 'docker login -u AWS --password-stdin "$CI_REGISTRY" < "$PASSWORD_FILE"'],
    [
      "config",
      `mkdir -p ~/.docker && echo "{\\"auths\\":{\\"$CI_REGISTRY\\":{\\"auth\\":\\"$(printf '%s' "gitlab-ci-token:$CI_JOB_TOKEN" | base64 | tr -d '\\n')\\"}}}" > ~/.docker/config.json`,
    ],
  ];

  test.for(executors)(
    "%j: every way in which scripts log in pushes the project's image",
    async (more) => {
      const script = logins.flatMap(([tag, login]) => [
        login,
        build(`:${tag}`),
        `docker push $CI_REGISTRY_IMAGE:${tag}`,
        "docker logout $CI_REGISTRY",
      ]);
      const { log, verdict } = await run(more, [
        ...script,
        build("/below"),
        'docker rmi -f $(docker images -q "$CI_REGISTRY_IMAGE") > /dev/null',
      ]);
      expect(verdict, log).toMatchObject({ state: "success" });
      expect([...(await ecr.images.listTags(own))].sort()).toEqual(
        logins.map(([tag]) => tag).sort(),
      );
      expect(ecr.world.calls).toEqual(["GetAuthorizationToken"]);
    },
  );

  test.for(executors)(
    "%j: BuildKit finds its base image and its cache by the job's login",
    async (more) => {
      const { log, verdict } = await run(more, [
        'docker login -u gitlab-ci-token -p "$CI_JOB_TOKEN" "$CI_REGISTRY"',
        "docker tag busybox $CI_REGISTRY_IMAGE/base",
        "docker push $CI_REGISTRY_IMAGE/base && docker rmi $CI_REGISTRY_IMAGE/base",
        "printf 'FROM %s/base\\nCOPY . /\\n' $CI_REGISTRY_IMAGE > Dockerfile",
        "head -c 5000000 /dev/urandom > large",
        "export DOCKER_BUILDKIT=1",
        "docker build --pull --build-arg BUILDKIT_INLINE_CACHE=1 -t $CI_REGISTRY_IMAGE:one .",
        "docker push $CI_REGISTRY_IMAGE:one",
        "docker build --pull --progress plain --cache-from $CI_REGISTRY_IMAGE:one -t $CI_REGISTRY_IMAGE:two . 2>&1 | tee built",
        "grep 'importing cache manifest from' built && ! grep ERROR built",
        'docker run --rm "$CI_REGISTRY_IMAGE:one" cat /large | cmp - large',
        "docker rmi -f $CI_REGISTRY_IMAGE:one $CI_REGISTRY_IMAGE:two > /dev/null",
      ]);
      expect(verdict, log).toMatchObject({ state: "success" });
    },
  );

  test.for(executors)(
    "%j: another project's repository and a wrong password are refused",
    async (more) => {
      const { log, verdict } = await run(more, [
        '! docker login -u AWS -p guessed "$CI_REGISTRY" || exit 9',
        "! docker login -u gitlab-ci-token -p token-of-job-1 $CI_REGISTRY || exit 9",
        'docker login -u gitlab-ci-token -p "$CI_JOB_TOKEN" "$CI_REGISTRY"',
        "docker tag busybox $CI_REGISTRY/shop/other:stolen",
        "docker push $CI_REGISTRY/shop/other:stolen > pushed 2>&1 || cat pushed",
        "docker rmi $CI_REGISTRY/shop/other:stolen",
        "docker pull $CI_REGISTRY/shop/other:main > pulled 2>&1 || cat pulled",
        "printf 'FROM %s/shop/other:main\\n' $CI_REGISTRY > Dockerfile",
        "DOCKER_BUILDKIT=1 docker build --pull . > built 2>&1 || cat built",
        "grep -i 'denied\\|not authorized' pushed pulled | cut -d: -f1 | sort -u",
        "! grep -i digest: pulled && ! grep 'naming to\\|writing image' built",
      ]);
      expect(verdict, log).toMatchObject({ state: "success" });
      expect(log).toContain("pulled\npushed\n");
      expect(await ecr.images.listTags("shop/other")).toEqual(["main"]);
    },
  );

  test("the token is in every variable that holds the password, and never in the log", async () => {
    const { log, verdict } = await run({ executor: "shell" }, [
      'test "$(cat "$PASSWORD_FILE")" = "$CI_REGISTRY_PASSWORD"',
      'test "$OF_THE_PROJECT" = "user AWS password $CI_REGISTRY_PASSWORD"',
      'echo "<$CI_REGISTRY_PASSWORD>"',
      'echo "<$(printf "AWS:%s" "$CI_REGISTRY_PASSWORD" | base64 | tr -d "\\n")>"',
      'curl -sfo /dev/null -u "$CI_REGISTRY_USER:$CI_REGISTRY_PASSWORD" "http://$CI_REGISTRY/v2/" && echo let in',
      "env | grep -c AWS_CONTAINER || true",
    ]);
    expect(verdict, log).toMatchObject({ state: "success" });
    expect(log.match(/^<\[MASKED\]>$|^let in$|^0$/gm)).toEqual([
      "<[MASKED]>",
      "<[MASKED]>",
      "let in",
      "0",
    ]);
    expect(log).not.toContain(placeholder);
    for (const password of ecr.world.tokens.keys()) expect(log).not.toContain(password);
  });

  test("a job's image may be the project's own, by the job's login or none in DOCKER_AUTH_CONFIG", async () => {
    const push = await run({ executor: "docker-socket" }, [
      'docker login -u gitlab-ci-token -p "$CI_JOB_TOKEN" "$CI_REGISTRY"',
      "docker tag busybox $CI_REGISTRY_IMAGE:tools && docker push $CI_REGISTRY_IMAGE:tools",
      "docker rmi $CI_REGISTRY_IMAGE:tools",
    ]);
    expect(push.verdict, push.log).toMatchObject({ state: "success" });
    removeDirectory(settings);
    const auth = { username: "gitlab-ci-token", password: "$CI_JOB_TOKEN" };
    const config = JSON.stringify({ auths: { [ecr.host]: auth } });
    for (const variables of [[], [variable("DOCKER_AUTH_CONFIG", config)]]) {
      const job = ecrJob(["echo in my own image"]);
      const image = { name: "$CI_REGISTRY_IMAGE:tools" };
      settings = testSettings(service, { dockerHost: DOCKER_HOST, executor: "docker-socket" });
      const jobs = [{ ...job, image, variables: [...job.variables, ...variables] }];
      const [result] = await runJobs(service, settings, jobs);
      expect(result?.log).toContain("in my own image\n");
      expect(result?.verdict).toMatchObject({ state: "success" });
      await docker.getImage(`${ecr.host}/${own}:tools`).remove({ force: true });
    }
  });

  test("a login of a token that has run out meanwhile goes on with a new one", async () => {
    ecr.world.tokenLife = 1_500;
    const { log, verdict } = await run({ executor: "shell" }, [
      'echo "$CI_REGISTRY_PASSWORD" | docker login -u AWS --password-stdin "$CI_REGISTRY"',
      "sleep 2",
      "docker tag busybox $CI_REGISTRY_IMAGE:late && docker push $CI_REGISTRY_IMAGE:late",
      "docker rmi $CI_REGISTRY_IMAGE:late",
    ]);
    ecr.world.tokenLife = 12 * 60 * 60_000;
    expect(verdict, log).toMatchObject({ state: "success" });
    expect(await ecr.images.listTags(own)).toContain("late");
  });

  test("throttled requests for a token are repeated; a role without the right fails the job's system", async () => {
    const rejected = (type: string, message: string) => ({
      action: "GetAuthorizationToken",
      rejection: new EcrRejection(type, message),
    });
    ecr.world.failures.push(rejected("ThrottlingException", "Rate exceeded"));
    expect((await run({ executor: "shell" }, ["true"])).verdict).toMatchObject({
      state: "success",
    });
    removeDirectory(settings);
    ecr.world.failures.push(rejected("AccessDeniedException", "User x is not authorized"));
    const { log, verdict } = await run({ executor: "shell" }, ["true"]);
    expect(verdict).toMatchObject({ state: "failed", failure_reason: "runner_system_failure" });
    expect(log).toMatch(/gave the build's role no token \(AccessDeniedException: User x is not/);
  });
});
