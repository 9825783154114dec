import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findDockerClient } from "#local/setup/docker-client.ts";
import type { Settings } from "#runner/settings.ts";
import { registryBinary, withoutRegistry } from "../registry/real-registry.ts";
import { DOCKER_HOST, remainsOf, testEngine } from "../runner/support/engine.ts";
import { type FakeService, startFakeService } from "../runner/support/fake-service.ts";
import { type GitHost, startGitHost } from "../runner/support/git-host.ts";
import { aJob, variable } from "../runner/support/jobs.ts";
import { removeDirectory, runJobs, testSettings } from "../runner/support/run.ts";
import { startCredentialsEndpoint } from "./ecr-double/credentials-endpoint.ts";
import { type EcrDouble, startEcrDouble } from "./ecr-double/ecr-double.ts";

const found = await testEngine();
const client = await findDockerClient();
const reason =
  ("missing" in found && found.missing) ||
  withoutRegistry ||
  (client === undefined && "there is no Docker client here");
if (reason) console.log(`skipped: logins at ECR, ${reason}`);

const placeholder = "placeholder-of-the-registry-password";
const own = "shop/app";

const executors = [
  { executor: "docker-socket" },
  // Two places, so that it does not need this machine's /builds.
  { executor: "docker-in-docker", privileged: true, capacity: 2 },
  { executor: "shell" },
] as const satisfies Partial<Settings>[];

describe.skipIf(reason !== false)("a job's logins at ECR", { timeout: 60_000 }, () => {
  const engine = "engine" in found ? found.engine : undefined;
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
    ecr = await startEcrDouble({ registryBinary: registryBinary ?? "" });
    role = await startCredentialsEndpoint(ecr, { name: "b-app", access: "push", buildRepo: own });
    Object.assign(process.env, role.env);
    git = await startGitHost({
      Dockerfile: "FROM busybox\nCOPY hello.txt /\n",
      "hello.txt": "hello\n",
    });
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
    ecr.world.repositories.set("shop/other", { mutability: "MUTABLE" });
  });
  afterEach(async () => {
    await service.close();
    if (engine) expect(await remainsOf(engine, settings.environmentId)).toEqual([]);
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
});
