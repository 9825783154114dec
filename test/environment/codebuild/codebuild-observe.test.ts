import type { Build, BuildPhaseType, StatusType } from "@aws-sdk/client-codebuild";
import { expect, test } from "vitest";
import { observeBuild } from "#environment/codebuild/observe.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const handle = "slipway:11111111-2222-3333-4444-555555555555";

function failedIn(
  phaseType: BuildPhaseType,
  phaseStatus: StatusType,
  statusCode: string,
  message: string,
): Partial<Build> {
  return {
    phases: [
      { phaseType: "SUBMITTED", phaseStatus: "SUCCEEDED" },
      { phaseType, phaseStatus, contexts: [{ statusCode, message }] },
      { phaseType: "COMPLETED" },
    ],
  };
}

test.for<[BuildPhaseType, string]>([
  ["SUBMITTED", "starting"],
  ["QUEUED", "starting"],
  ["PROVISIONING", "starting"],
  ["DOWNLOAD_SOURCE", "starting"],
  ["INSTALL", "starting"],
  ["PRE_BUILD", "starting"],
  ["BUILD", "running"],
  ["POST_BUILD", "running"],
  ["UPLOAD_ARTIFACTS", "running"],
  ["FINALIZING", "running"],
])("a build in %s is %s", ([currentPhase, state]) => {
  const build: Build = { id: handle, buildStatus: "IN_PROGRESS", currentPhase };
  expect(observeBuild(build, now)).toEqual({ state, handle });
});

test.for([
  [20, undefined],
  [40, "its build stands in the queue of AWS CodeBuild"],
] as const)("%s seconds in the queue: %s", ([seconds, waits]) => {
  const startTime = new Date(now - seconds * 1000);
  const build: Build = {
    id: handle,
    buildStatus: "IN_PROGRESS",
    currentPhase: "QUEUED",
    phases: [{ phaseType: "QUEUED", startTime }],
  };
  expect(observeBuild(build, now)).toEqual({
    state: "starting",
    handle,
    ...(waits && { waits }),
  });
});

test.for<[string, Partial<Build>, RegExp]>([
  ["is AWS's fault", { buildStatus: "FAULT" }, /fault of its own/],
  [
    "is AWS's fault, with a word",
    {
      buildStatus: "FAULT",
      ...failedIn("PROVISIONING", "FAULT", "INTERNAL_SERVICE_ERROR", "Internal Service Error"),
    },
    /fault of its own in PROVISIONING: INTERNAL_SERVICE_ERROR: Internal Service Error/,
  ],
  [
    "failed by its runner",
    {
      buildStatus: "FAILED",
      ...failedIn(
        "BUILD",
        "FAILED",
        "COMMAND_EXECUTION_ERROR",
        'Error while executing command: node "runner.mjs". Reason: exit status 7',
      ),
    },
    /^It ended with exit status 7 in BUILD: /,
  ],
  [
    "has no role any more",
    {
      buildStatus: "FAILED",
      serviceRole: "arn:aws:iam::1:role/slipway/builds/app",
      ...failedIn("QUEUED", "FAILED", "ACCESS_DENIED", "Service role is gone"),
    },
    /could not use the build's role arn:aws:iam::1:role\/slipway\/builds\/app\. Was it deleted.*in QUEUED: ACCESS_DENIED/,
  ],
  [
    "has no image",
    {
      buildStatus: "FAILED",
      environment: {
        type: "LINUX_CONTAINER",
        image: "builder:1",
        computeType: "BUILD_GENERAL1_SMALL",
      },
      ...failedIn(
        "PROVISIONING",
        "FAILED",
        "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
        "Unable to pull customer's container image",
      ),
    },
    /could not pull the build's image builder:1/,
  ],
  [
    "never left the queue",
    {
      buildStatus: "TIMED_OUT",
      queuedTimeoutInMinutes: 480,
      ...failedIn("QUEUED", "TIMED_OUT", "BUILD_TIMED_OUT", "Build timed out"),
    },
    /waited longer than 480 minutes in CodeBuild's queue/,
  ],
  [
    "ran too long",
    { buildStatus: "TIMED_OUT", timeoutInMinutes: 70 },
    /longer than its 70 minutes/,
  ],
  ["was stopped by somebody", { buildStatus: "STOPPED" }, /somebody stopped its build/],
])("a build that %s says so, with its log", ([, build, problem]) => {
  const deepLink = "https://console.aws.test/log";
  expect(observeBuild({ id: handle, logs: { deepLink }, ...build }, now)).toEqual({
    state: "ended",
    problem: expect.stringMatching(new RegExp(`${problem.source}.*\\nIts log: ${deepLink}$`, "s")),
  });
});

test("a build that did its work has no problem, and one that is no record is unknown", () => {
  expect(observeBuild({ id: handle, buildStatus: "SUCCEEDED" }, now)).toEqual({ state: "ended" });
  expect(observeBuild(undefined, now)).toEqual({ state: "unknown" });
});
