import { describe, expect, test } from "vitest";
import { handleBuildEvent } from "#functions/builds/handle-build-event.ts";
import type { Message } from "#queue/queue.ts";

const secretValue = "seen-by-nobody";

/** As the schema registry has it, cut down to a few fields besides those that matter. */
function buildEvent(variables: readonly { name: string; value?: unknown; type?: string }[]) {
  return {
    version: "0",
    id: "c030038d-8c4d-6141-9545-00ff7b7153EX",
    "detail-type": "CodeBuild Build State Change",
    source: "aws.codebuild",
    account: "123456789012",
    time: "2026-11-21T16:14:28Z",
    region: "eu-west-1",
    resources: ["arn:aws:codebuild:eu-west-1:123456789012:build/slipway:8745a7a9"],
    detail: {
      "build-status": "SUCCEEDED",
      "project-name": "slipway",
      "build-id": "arn:aws:codebuild:eu-west-1:123456789012:build/slipway:8745a7a9",
      "additional-information": {
        environment: {
          image: "aws/codebuild/standard:8.0",
          "privileged-mode": true,
          "environment-variables": variables,
        },
        "build-start-time": "Sep 1, 2017 4:12:29 PM",
      },
      "current-phase": "COMPLETED",
      version: "1",
    },
  };
}

const id = (value: unknown) => [
  { name: "SLIPWAY_TICKET", value: secretValue, type: "PLAINTEXT" },
  { name: "SLIPWAY_PIPELINE_ID", value, type: "PLAINTEXT" },
];

async function handled(event: unknown) {
  const sent: Message[] = [];
  const lines: unknown[] = [];
  const queue = { send: async (message: Message) => void sent.push(message) };
  await handleBuildEvent({ queue, log: (...line) => lines.push(line) }, event);
  return { sent, log: JSON.stringify(lines) };
}

describe("a build's event", () => {
  test("has its pipeline looked at, and logs nothing of its variables", async () => {
    const { sent, log } = await handled(buildEvent(id("7")));
    expect(sent).toEqual([{ type: "pipeline", pipelineId: 7 }]);
    expect(log).toContain('"build":"slipway:8745a7a9"');
    expect(log).not.toContain(secretValue);
  });

  test.for<[string, unknown]>([
    ["without our variable", buildEvent([{ name: "OTHER", value: "7" }])],
    ["with an empty one", buildEvent(id(""))],
    ["with one that is no number", buildEvent(id("7; rm"))],
    ["with zero", buildEvent(id("0"))],
    ["with one that is too large", buildEvent(id("9".repeat(20)))],
    ["with one that is no text", buildEvent(id({ a: 1 }))],
    ["of another source", { ...buildEvent(id("7")), source: "aws.codepipeline" }],
    ["without details", { source: "aws.codebuild" }],
    ["that is nothing", null],
  ])("%s is none of ours", async ([, event]) => {
    expect((await handled(event)).sent).toEqual([]);
  });

  test("that the queue does not take is handed back to Lambda", async () => {
    const queue = { send: () => Promise.reject(new Error("throttled")) };
    const handling = handleBuildEvent({ queue, log: () => undefined }, buildEvent(id("7")));
    await expect(handling).rejects.toThrow("throttled");
  });
});
