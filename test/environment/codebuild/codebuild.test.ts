import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EnvironmentProvider, EnvironmentSpec } from "#environment/environment.ts";
import { openCodebuild, projectName, roleOf } from "../../aws/codebuild-double/open-codebuild.ts";
import { Rejection } from "../../aws/codebuild-double/rejection.ts";

let opened: Awaited<ReturnType<typeof openCodebuild>>;
let provider: EnvironmentProvider;
let number = 0;

beforeAll(async () => {
  opened = await openCodebuild({ address: "127.0.0.1", readSource: async () => Buffer.alloc(0) });
  // Builds stay in PROVISIONING: nothing of these tests needs an engine.
  opened.double.knobs.provisioningMilliseconds = 3_600_000;
  opened.double.setLimit(1000);
});
beforeEach(() => {
  provider = opened.create();
  opened.double.calls.length = 0;
});
afterAll(() => opened.close());

function specify(more: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  number += 1;
  return {
    id: `p7-e${number}`,
    pipelineId: 7,
    project: "group/app",
    access: "push",
    executor: "docker-in-docker",
    privileged: true,
    capacity: 1,
    runnerTags: [],
    wantedAt: new Date().toISOString(),
    apiUrl: "https://slipway.test",
    ticket: `ticket-${number}`,
    timeoutSeconds: 3600,
    ...more,
  };
}

function callsOf(operation: string) {
  return opened.double.calls.filter((call) => call.operation === operation);
}

function buildsOf(id: string) {
  return [...opened.double.builds.values()].filter(({ settings }) =>
    settings.variables.some(({ value }) => value === id),
  );
}

describe("what a build is started with", () => {
  test.for<[string, Partial<EnvironmentSpec>, Record<string, unknown>]>([
    [
      "docker-in-docker is privileged and has its own buildspec",
      {},
      { privilegedModeOverride: true, buildspecOverride: "buildspecs/docker-in-docker.yml" },
    ],
    [
      "an unprivileged job's containers need the build's engine all the same",
      { privileged: false },
      { privilegedModeOverride: true },
    ],
    [
      "docker-socket is privileged",
      { executor: "docker-socket", privileged: false },
      { privilegedModeOverride: true, buildspecOverride: "buildspecs/docker-socket.yml" },
    ],
    ["a shell is what it asks for", { executor: "shell" }, { privilegedModeOverride: true }],
    [
      "an unprivileged shell is not privileged",
      { executor: "shell", privileged: false },
      { privilegedModeOverride: false, buildspecOverride: "buildspecs/shell.yml" },
    ],
    ["small", { compute: "small" }, { computeTypeOverride: "BUILD_GENERAL1_SMALL" }],
    ["medium", { compute: "medium" }, { computeTypeOverride: "BUILD_GENERAL1_MEDIUM" }],
    ["large", { compute: "large" }, { computeTypeOverride: "BUILD_GENERAL1_LARGE" }],
    ["xlarge", { compute: "xlarge" }, { computeTypeOverride: "BUILD_GENERAL1_XLARGE" }],
    ["2xlarge", { compute: "2xlarge" }, { computeTypeOverride: "BUILD_GENERAL1_2XLARGE" }],
    ["whole minutes, rounded up", { timeoutSeconds: 601 }, { timeoutInMinutesOverride: 11 }],
    ["no fewer minutes than allowed", { timeoutSeconds: 1 }, { timeoutInMinutesOverride: 5 }],
    ["no more than allowed", { timeoutSeconds: 1e6 }, { timeoutInMinutesOverride: 2160 }],
    [
      "the push role",
      {},
      { serviceRoleOverride: roleOf({ access: "push", project: "group/app" }) },
    ],
    [
      "the pull role for forks",
      { access: "pull" },
      { serviceRoleOverride: roleOf({ access: "pull", project: "group/app" }) },
    ],
    [
      "no retries but ours, and a place in the queue",
      {},
      { autoRetryLimitOverride: 0, queuedTimeoutInMinutesOverride: 480 },
    ],
  ])("%s", async ([, more, expected]) => {
    await provider.start(specify(more));
    expect(callsOf("StartBuild").at(-1)?.input).toMatchObject({
      projectName,
      ...expected,
    });
  });

  test.for([
    ["registry.test/builder:1", "SERVICE_ROLE"],
    ["aws/codebuild/amazonlinux-x86_64-standard:6.0", "CODEBUILD"],
  ])("the image %s is pulled as %s", async ([image = "", credentials]) => {
    const place = { codebuildProject: projectName, serviceRole: "arn:aws:iam::1:role/x", image };
    await opened.create({ placeFor: () => place }).start(specify());
    expect(callsOf("StartBuild").at(-1)?.input).toMatchObject({
      imageOverride: image,
      imagePullCredentialsTypeOverride: credentials,
    });
  });

  test("its variables hold no secret but the ticket, and what the events need", async () => {
    const spec = specify();
    await provider.start(spec);
    const [build] = buildsOf(spec.id);
    const variables = build?.settings.variables.map(({ name, value }) => [name, value]) ?? [];
    expect(Object.fromEntries(variables)).toEqual({
      SLIPWAY_URL: "https://slipway.test",
      SLIPWAY_TICKET: spec.ticket,
      SLIPWAY_EXECUTOR: "docker-in-docker",
      SLIPWAY_CAPACITY: "1",
      SLIPWAY_ENVIRONMENT_ID: spec.id,
      SLIPWAY_PIPELINE_ID: "7",
      SLIPWAY_DIRECTORY: "/slipway/work",
      SLIPWAY_PRIVILEGED: "true",
      SLIPWAY_EXTRA_HOSTS: "registry.test:10.0.0.1",
    });
  });
});

describe("a start that CodeBuild refuses", () => {
  function fail(type: string, message: string, status = 400): void {
    const error = new Rejection(type, message, status);
    opened.double.knobs.failures.push({ operation: "StartBuild", error });
  }

  test.for([
    ["AccountLimitExceededException", "Cannot have more than 5 builds", /as many builds .*account/],
    ["ThrottlingException", "Rate exceeded", /no more requests/],
    ["TooManyRequestsException", "Slow down", /no more requests/],
  ] as const)("for want of room waits: %s", async ([type, message, words]) => {
    fail(type, message);
    await expect(provider.start(specify())).rejects.toMatchObject({
      name: "EnvironmentWaitsError",
      message: expect.stringMatching(words),
    });
  });

  test.for([
    [
      "ResourceNotFoundException",
      "Project cannot be found",
      true,
      /no CodeBuild project slipway.*cdk deploy/,
    ],
    ["AccessDeniedException", "not authorized to perform: iam:PassRole", true, /iam:PassRole/],
    ["AccessDeniedException", "not authorized: codebuild:StartBuild", true, /codebuild:StartBuild/],
    ["InvalidInputException", "Invalid image", true, /refuses the build: Invalid image/],
    ["InvalidInputException", "Idempotency token was used", false, /still counts/],
    ["AccountSuspendedException", "No", true, /suspended/],
    ["InternalServiceError", "Oops", false, /did not start a build/],
  ] as const)("%s (%s) is permanent: %s", async ([type, message, permanent, words]) => {
    fail(type, message);
    await expect(provider.start(specify())).rejects.toMatchObject({
      name: "EnvironmentStartError",
      permanent,
      message: expect.stringMatching(words),
    });
  });

  test("because its role was deleted says which role, and what to do", async () => {
    const role = roleOf({ access: "pull", project: "group/app" });
    opened.double.knobs.deletedRoles.add(role);
    await expect(provider.start(specify({ access: "pull" }))).rejects.toMatchObject({
      permanent: true,
      message: expect.stringMatching(
        /cannot take the role .*project-pull.*Deploy the stacks again/,
      ),
    });
    opened.double.knobs.deletedRoles.clear();
  });

  test("at the limit gets through when there is room again", async () => {
    const { double } = opened;
    for (const left of await provider.list()) await provider.stop(left);
    double.knobs.queueFactor = 0;
    double.setLimit(1);
    const first = specify({ compute: "2xlarge" });
    const second = specify({ compute: "2xlarge" });
    const { handle } = await provider.start(first);
    await expect(provider.start(second)).rejects.toMatchObject({ name: "EnvironmentWaitsError" });
    await provider.stop({ id: first.id, handle });
    await expect.poll(() => provider.start(second)).toMatchObject({ handle: /slipway:/ });
    double.knobs.queueFactor = 5;
    double.setLimit(1000);
  });
});

describe("a build that nobody knows of", () => {
  test.for([
    ["the answer was lost", {}],
    // Whoever starts it again has another ticket: for CodeBuild that is another request.
    ["the worker died before it noted the handle", { ticket: "another" }],
  ] as const)("is adopted by the next start when %s", async ([, again]) => {
    const spec = specify();
    opened.double.knobs.silent.push("StartBuild");
    await expect(provider.start(spec)).rejects.toMatchObject({ permanent: false });
    const [build, ...more] = buildsOf(spec.id);
    expect(more).toEqual([]);
    expect(await opened.create().start({ ...spec, ...again })).toMatchObject({ handle: build?.id });
    expect(buildsOf(spec.id)).toHaveLength(1);
  });

  test("is adopted also when CodeBuild has forgotten the token, among many others", async () => {
    const spec = specify();
    const { handle } = await provider.start(spec);
    for (let others = 0; others < 120; others += 1) await provider.start(specify());
    const later = opened.create({ now: () => Date.now() + 600_000 });
    expect(await later.start({ ...spec, ticket: "another" })).toMatchObject({ handle });
    expect(await later.observe([{ id: spec.id }])).toEqual(
      new Map([[spec.id, { state: "starting", handle }]]),
    );
    await later.stop({ id: spec.id });
    expect((await later.observe([{ id: spec.id }])).get(spec.id)).toMatchObject({ state: "ended" });
  });

  test("is on the list until it has ended, with the handle to stop it by", async () => {
    const spec = specify();
    const { handle } = await provider.start(spec);
    expect(await provider.list()).toContainEqual({ id: spec.id, handle });
    await provider.stop({ id: spec.id, handle });
    expect(await provider.list()).not.toContainEqual({ id: spec.id, handle });
  });
});

test("many environments are observed by as few questions as CodeBuild allows", async () => {
  const refs: { id: string; handle: string }[] = [];
  for (let count = 0; count < 130; count += 1) {
    const spec = specify();
    refs.push({ id: spec.id, ...(await provider.start(spec)) });
  }
  opened.double.calls.length = 0;
  const seen = await provider.observe([...refs, { id: "gone", handle: "slipway:gone" }]);
  expect(callsOf("BatchGetBuilds")).toHaveLength(2);
  expect(seen.get("gone")).toEqual({ state: "unknown" });
  expect([...seen.values()].filter(({ state }) => state === "starting")).toHaveLength(130);
});

test("who cannot be asked is no end of an environment", async () => {
  const spec = specify();
  const { handle } = await provider.start(spec);
  const error = new Rejection("ThrottlingException", "Rate exceeded");
  opened.double.knobs.failures.push({ operation: "BatchGetBuilds", error });
  await expect(provider.observe([{ id: spec.id, handle }])).rejects.toThrow("Rate exceeded");
  opened.double.knobs.failures.push({ operation: "StopBuild", error });
  await expect(provider.stop({ id: spec.id, handle })).rejects.toThrow("Rate exceeded");
  await sleep(0);
  expect((await provider.observe([{ id: spec.id, handle }])).get(spec.id)).toMatchObject({
    state: "starting",
  });
});
