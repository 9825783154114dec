import { createHmac } from "node:crypto";
import type { LambdaContext, LambdaEvent } from "hono/aws-lambda";
import { githubWebhooks } from "#forge/github/webhook.ts";
import { createLambdaApp } from "#functions/http/lambda-app.ts";
import { type LambdaHandler, lambdaHandler } from "#functions/http/lambda-handler.ts";
import { jsonLog } from "#functions/log.ts";
import { parseSettings, settingsOf } from "#project/parse-settings.ts";
import type { Message } from "#queue/queue.ts";
import type { WebhookDeps } from "#service/delivery/receive-webhook.ts";
import type { Delivery } from "#store/delivery-store.ts";
import { githubPush } from "./github-push.ts";
import type { Benchmark, Row } from "./report.ts";

const warmUps = 2_000;
const webhooks = 10_000;
const project = "octocat/hello-world";
const secret = "It's a Secret to Everybody";

/**
 * What `http` takes in on one core, from the event that API Gateway sends to the message in the queue: verified,
 * normalised, stored and queued by adapters in memory. Each webhook is a delivery of its own.
 */
export const benchmark: Benchmark = {
  title: "Functions on AWS (webhooks in process)",
  run: async () => [...(await measured(1)), ...(await measured(20))],
};

/** The floor is what no receiver can leave out. */
async function measured(commits: number): Promise<readonly Row[]> {
  const { handler, messages } = inMemory();
  const text = JSON.stringify(githubPush(commits));
  const signature = createHmac("sha256", secret).update(text).digest("hex");
  for (let index = 0; index < warmUps; index += 1) {
    await handler(pushEvent(text, signature, `warm-up-${index}`), context);
  }
  const milliseconds: number[] = [];
  const seconds = processorSeconds();
  for (let index = 0; index < webhooks; index += 1) {
    const event = pushEvent(text, signature, `delivery-${index}`);
    const start = performance.now();
    const { statusCode, body } = await handler(event, context);
    milliseconds.push(performance.now() - start);
    if (statusCode !== 202) throw new Error(`a webhook was answered ${statusCode}: ${body}`);
  }
  const perSecond = webhooks / seconds();
  if (messages.length !== warmUps + webhooks) throw new Error("a webhook was not queued");
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const size = `${(text.length / 1000).toFixed(0)} kB`;
  return [
    {
      name: `webhooks of ${size} on one core`,
      value: perSecond,
      unit: "/s",
      floor: { name: "HMAC and JSON.parse alone", value: floorPerSecond(text) },
      goal: "≥ 2,000 /s",
    },
    {
      name: `p99 of a webhook of ${size}`,
      value: sorted[Math.ceil(webhooks * 0.99) - 1] ?? Number.NaN,
      unit: "ms",
      goal: "≤ 5 ms",
    },
  ];
}

function floorPerSecond(text: string): number {
  let read = 0;
  const seconds = processorSeconds();
  for (let count = 0; count < webhooks; count += 1) {
    const bytes = Buffer.from(text);
    createHmac("sha256", secret).update(bytes).digest("hex");
    const parsed: unknown = JSON.parse(bytes.toString());
    if (parsed !== null) read += 1;
  }
  return read / seconds();
}

/** Seconds of a processor that this process has used since, which others on the machine do not change. */
function processorSeconds(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
}

/** The function's own parts, with adapters that keep everything here. */
function inMemory(): { readonly handler: LambdaHandler; readonly messages: readonly Message[] } {
  const parsed = parseSettings("");
  if (!("settings" in parsed)) throw new Error("no settings are settings too");
  const settings = { ...settingsOf(parsed.settings, project), forge: "github" };
  const messages: Message[] = [];
  const kept = new Map<string, Delivery>();
  const deps: WebhookDeps = {
    store: {
      deliveries: {
        put: async (delivery) => {
          const known = kept.get(delivery.id) ?? delivery;
          kept.set(delivery.id, known);
          return known;
        },
        mark: async (delivery, state) => {
          kept.set(delivery.id, { ...delivery, state });
        },
      },
    },
    queue: {
      send: async (message) => {
        messages.push(message);
      },
    },
    secrets: {
      get: async () => [secret],
      ensure: async () => secret,
      rotate: async () => undefined,
    },
    forges: new Map([["github", { name: "github", webhooks: githubWebhooks }]]),
    settings: async () => settings,
    now: Date.now,
    log: jsonLog("info", () => undefined),
  };
  const loadOthers = () => Promise.reject(new Error("only webhooks are measured"));
  return { handler: lambdaHandler(createLambdaApp({ webhooks: deps, loadOthers })), messages };
}

/** Payload format 2.0, with the fields of an HTTP API's event. */
function pushEvent(body: string, signature: string, id: string): LambdaEvent {
  const host = "abc123.execute-api.eu-west-1.amazonaws.com";
  const path = `/webhooks/github/${project}`;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers: {
      accept: "*/*",
      "content-length": String(body.length),
      "content-type": "application/json",
      host,
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
      "x-github-delivery": id,
      "x-github-event": "push",
      "x-hub-signature-256": `sha256=${signature}`,
    },
    body,
    isBase64Encoded: false,
    requestContext: {
      accountId: "123456789012",
      apiId: "abc123",
      authentication: null,
      authorizer: {},
      domainName: host,
      domainPrefix: "abc123",
      http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "" },
      requestId: id,
      routeKey: "$default",
      stage: "$default",
      time: "21/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_795_262_400_000,
    },
  };
}

const context: LambdaContext = {
  awsRequestId: "8f507cfc-0000-4697-b07a-ac58fc914c95",
  callbackWaitsForEmptyEventLoop: false,
  functionName: "slipway-http",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:slipway-http",
  memoryLimitInMB: "1024",
  logGroupName: "/aws/lambda/slipway-http",
  logStreamName: "2026/11/21/[$LATEST]1",
  getRemainingTimeInMillis: () => 29_000,
};
