import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BundleSize, bundleFunction } from "#functions/bundle.ts";
import { openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { parseSettings } from "#project/parse-settings.ts";
import { deriveWebhookSecret } from "#secrets/derived-webhook-secret.ts";
import { createTable } from "#store/dynamodb/table.ts";
import { startSecretsManagerDouble } from "../aws/secrets-manager-double/server.ts";
import { startQueues, type TestQueues } from "../aws/sqs/queues.ts";
import { type BundledFunction, startBundledFunction } from "./bundled-function.ts";
import { httpEvent, requestId } from "./lambda-events.ts";
import { portToSocket } from "./port-to-socket.ts";

const master = "the-master-secret";
const accessToken = "made-by-the-deployment";
const project = "octo/app";
const names = ["http", "work", "builds", "sweep"] as const;

let directory: string;
let size: BundleSize;
let queues: TestQueues;
const functions = new Map<string, BundledFunction>();
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "slipway-bundled-"));
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  const parsed = parseSettings(`
forges:
  hub: {kind: github, url: "https://github.example.com", token: {secret: a}, clone_token: {secret: b}}
projects:
  Octo/App: {forge: hub}
`);
  if (!("settings" in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const [database, secrets, startedQueues] = await Promise.all([
    openEmbeddedDynamodb(join(directory, "dynamodb")),
    startSecretsManagerDouble(),
    startQueues(),
  ]);
  queues = startedQueues;
  stops.push(database.close, secrets.close, queues.close);
  await createTable(database.client, "slipway");
  secrets.setByHand("slipway/webhook-master", master);
  secrets.setByHand("slipway/access-token", accessToken);
  const endpoint = await portToSocket(database.socketPath);
  stops.push(endpoint.close);
  const environment = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${endpoint.port}`,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    AWS_ENDPOINT_URL_SQS: new URL(queues.workQueueUrl).origin,
    SLIPWAY_URL: "https://slipway.example.com",
    SLIPWAY_TABLE: "slipway",
    SLIPWAY_BUCKET: "slipway",
    SLIPWAY_WORK_QUEUE_URL: queues.workQueueUrl,
    SLIPWAY_LATER_QUEUE_URL: queues.laterQueueUrl,
    SLIPWAY_SECRETS_PREFIX: "slipway/",
    SLIPWAY_CODEBUILD_PROJECT: "slipway",
    SLIPWAY_BUILD_ROLES: "arn:aws:iam::123456789012:role/slipway/builds/",
    SLIPWAY_REGISTRY: "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    SLIPWAY_VERSION: "0.1.0",
  };
  for (const name of names) {
    const output = join(directory, name);
    const made = await bundleFunction(name, { output, settings: parsed.settings });
    if (name === "http") size = made;
    const started = await startBundledFunction(output, environment);
    stops.push(started.stop);
    functions.set(name, started);
  }
}, 60_000);
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

function bundled(name: (typeof names)[number]): BundledFunction {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`${name} was not started`);
  return found;
}

const push = JSON.stringify({
  ref: "refs/heads/日本語",
  before: "0".repeat(40),
  after: "a".repeat(40),
  created: true,
  deleted: false,
  forced: false,
  commits: [],
  head_commit: { id: "a".repeat(40) },
  repository: {
    id: 1,
    name: "app",
    full_name: project,
    private: true,
    html_url: `https://github.example.com/${project}`,
    default_branch: "main",
    visibility: "private",
  },
  pusher: { name: "ada", email: "ada@example.com" },
  sender: { login: "ada", id: 7 },
});

/** Signed by the secret that the service derives for this project. */
function webhook(id: string, secretName = `webhook/hub/${project}`) {
  const secret = deriveWebhookSecret(master, secretName);
  const signature = createHmac("sha256", secret).update(push).digest("hex");
  return httpEvent("POST", `/webhooks/hub/${project}`, {
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": id,
      "x-hub-signature-256": `sha256=${signature}`,
    },
    body: push,
  });
}

async function received(): Promise<readonly string[]> {
  const { client, workQueueUrl: QueueUrl } = queues;
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  );
  return Messages.map(({ Body = "" }) => Body);
}

describe("the bundled function http", () => {
  test("loads at most 350 kB at its start", () => {
    expect(size.startBytes).toBeLessThanOrEqual(350_000);
  });

  test("takes a webhook to the queue once, and writes a log of ids alone", async () => {
    const http = bundled("http");
    const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
    expect(await http.invoke(webhook(delivery))).toMatchObject({ statusCode: 202 });
    expect((await received()).map((text) => JSON.parse(text))).toEqual([
      { type: "delivery", forge: "hub", project, deliveryId: delivery },
    ]);
    expect(await http.invoke(webhook(delivery))).toMatchObject({ statusCode: 200 });
    expect(await http.invoke(webhook("2", "webhook/hub/octo/other"))).toMatchObject({
      statusCode: 401,
    });
    const lines = () => http.output().trim().split("\n");
    // What is written comes by another way than the answer, and maybe later.
    await expect.poll(lines).toHaveLength(2);
    expect(lines().map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: "info", requestId, forge: "hub", project, delivery }),
      expect.objectContaining({ level: "warn", requestId, forge: "hub", project }),
    ]);
    expect(http.output()).not.toMatch(/ada@example|whsec_|the-master-secret|日本語/);
  });

  test.for([
    ["/api/slipway/health", `Bearer ${accessToken}`, 200],
    ["/api/slipway/health", "Bearer wrong", 401],
    ["/api/slipway/pipelines", `Bearer ${accessToken}`, 200],
    ["/", `Basic ${Buffer.from(`me:${accessToken}`).toString("base64")}`, 200],
    ["/", "", 401],
    ["/nowhere", "", 404],
  ] as const)("answers %s as %s with %i", async ([path, authorization, statusCode]) => {
    const event = httpEvent("GET", path, { headers: { authorization } });
    expect(await bundled("http").invoke(event)).toMatchObject({ statusCode });
  });
});

describe("the other bundled functions", () => {
  const record = (body: string) => ({
    messageId: "1",
    receiptHandle: "unknown",
    body,
    attributes: { ApproximateReceiveCount: "1", MessageGroupId: "pipeline:999" },
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:work.fifo",
  });

  test("work handles what it knows and hands back what it does not", async () => {
    const look = JSON.stringify({ type: "pipeline", pipelineId: 999 });
    expect(await bundled("work").invoke({ Records: [record(look)] })).toEqual({
      batchItemFailures: [],
    });
    expect(await bundled("work").invoke({ Records: [record("none of ours")] })).toEqual({
      batchItemFailures: [{ itemIdentifier: "1" }],
    });
  });

  test("builds has the pipeline of a build looked at", async () => {
    const variables = [{ name: "SLIPWAY_PIPELINE_ID", value: "7", type: "PLAINTEXT" }];
    const information = { environment: { "environment-variables": variables } };
    await bundled("builds").invoke({
      source: "aws.codebuild",
      detail: { "additional-information": information },
    });
    expect(await received()).toContain('{"type":"pipeline","pipelineId":7}');
  });
});
