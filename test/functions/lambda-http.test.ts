import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import { createLambdaApp } from "#functions/http/lambda-app.ts";
import { type LambdaHandler, lambdaHandler } from "#functions/http/lambda-handler.ts";
import { isSignedIn } from "#functions/http/sign-in.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { logKey } from "#service/keys.ts";
import { jobOf, push } from "../service/driver.ts";
import { makeWorld, project, type World } from "../service/world.ts";
import { httpEvent, lambdaContext } from "./lambda-events.ts";

const accessToken = "made-by-the-deployment";

let world: World;
let service: ServiceDeps;
let loads: number;
let handler: LambdaHandler;
beforeEach(async () => {
  world = await makeWorld();
  service = { ...world.deps, accessTokens: async () => [accessToken, ""] };
  loads = 0;
  handler = lambdaHandler(
    createLambdaApp({
      webhooks: service,
      loadOthers: async () => {
        loads += 1;
        return createApp({ service, mayReadPages: (request) => isSignedIn(service, request) });
      },
    }),
  );
});
afterEach(() => world.close());

const webhookPath = `/webhooks/local/${project}`;
const bytesOf = (body: string, isBase64Encoded: boolean) =>
  Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

describe("a webhook", () => {
  test.for([
    ["as text", false, "refs/heads/日本語-é-🚢"],
    ["in base64", true, "refs/heads/日本語-é-🚢"],
    ["in base64, of plain letters", true, "refs/heads/main"],
  ] as const)("%s is verified by the bytes that were signed", async ([, base64, ref]) => {
    world.files.set(".gitlab-ci.yml", "job: {script: [x]}");
    const { headers, body } = world.webhook({ ref });
    const answer = await handler(
      httpEvent("POST", webhookPath, { headers, body, base64 }),
      lambdaContext,
    );
    expect([answer.statusCode, JSON.parse(answer.body)]).toMatchObject([202, { result: "queued" }]);
    await world.settle();
    const [pipeline] = await service.store.pipelines.list({ project, limit: 1 });
    expect(pipeline?.ref).toBe(ref.replace("refs/heads/", ""));
  });

  test("whose bytes were changed on the way is refused", async () => {
    const { headers, body } = world.webhook();
    const changed = Buffer.concat([body, Buffer.from(" ")]);
    const answer = await handler(
      httpEvent("POST", webhookPath, { headers, body: changed }),
      lambdaContext,
    );
    expect(answer.statusCode).toBe(401);
  });

  test("needs nothing but what is there from the start", async () => {
    const { headers, body } = world.webhook();
    await handler(httpEvent("POST", webhookPath, { headers, body }), lambdaContext);
    await handler(httpEvent("POST", "/webhooks/nowhere/group/app", { body }), lambdaContext);
    expect(loads).toBe(0);
  });

  test.for([false, true])("over 6 MB is told so (base64: %s)", async (base64) => {
    const body = Buffer.alloc(6_000_001, " ");
    const answer = await handler(httpEvent("POST", webhookPath, { body, base64 }), lambdaContext);
    expect([answer.statusCode, answer.body]).toEqual([
      413,
      '{"error":"Payloads over 6000000 bytes are not read.","code":"too_large"}',
    ]);
  });

  test("that meets a failure of ours is answered 500 and logged without its body", async () => {
    const lines: unknown[] = [];
    const broken = lambdaHandler(
      createLambdaApp({
        webhooks: {
          ...service,
          settings: () => Promise.reject(new Error("throttled")),
          log: (...line) => lines.push(line),
        },
        loadOthers: () => Promise.reject(new Error("unused")),
      }),
    );
    const { headers, body } = world.webhook();
    const answer = await broken(httpEvent("POST", webhookPath, { headers, body }), lambdaContext);
    expect(answer.statusCode).toBe(500);
    expect(JSON.stringify(lines)).toContain("throttled");
    expect(JSON.stringify(lines)).not.toContain("checkout_sha");
  });
});

describe("all else", () => {
  test("is loaded once, when the first one asks", async () => {
    const ask = () => handler(httpEvent("GET", "/api/slipway/health"), lambdaContext);
    expect((await Promise.all([ask(), ask()])).map(({ statusCode }) => statusCode)).toEqual([
      401, 401,
    ]);
    expect(loads).toBe(1);
  });

  test("that could not be loaded is loaded by the next one who asks", async () => {
    let tries = 0;
    const flaky = lambdaHandler(
      createLambdaApp({
        webhooks: service,
        loadOthers: async () => {
          tries += 1;
          if (tries === 1) throw new Error("no memory");
          return createApp({ service, mayReadPages: async () => true });
        },
      }),
    );
    const ask = async () => (await flaky(httpEvent("GET", "/"), lambdaContext)).statusCode;
    expect([await ask(), await ask()]).toEqual([500, 200]);
  });

  test.for([
    ["the access token of the deployment", `Bearer ${accessToken}`, 200],
    ["an empty one", "Bearer ", 401],
    ["another", `Bearer ${accessToken}x`, 401],
    ["none", undefined, 401],
  ] as const)("of the API takes %s", async ([, authorization, status]) => {
    const headers = authorization === undefined ? {} : { authorization };
    const event = httpEvent("GET", "/api/slipway/health", { headers });
    expect((await handler(event, lambdaContext)).statusCode).toBe(status);
  });

  test.for([
    ["the access token as password", basic("anybody", accessToken), 200],
    ["a colon in the name", basic("any:body", accessToken), 401],
    ["no password", basic("anybody", ""), 401],
    ["the token as name", basic(accessToken, "x"), 401],
    ["what is no base64", "Basic ###", 401],
    ["the token as bearer", `Bearer ${accessToken}`, 401],
    ["nothing", undefined, 401],
  ] as const)("of the pages is asked for by browsers: %s", async ([, authorization, status]) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await handler(httpEvent("GET", "/", { headers }), lambdaContext);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers?.["www-authenticate"]).toBe(
      status === 401 ? 'Basic realm="Slipway", charset="UTF-8"' : undefined,
    );
    expect(answer.headers?.["cache-control"]).toBe("no-store");
  });

  test("that was rotated in a moment ago is taken, by whoever remembers the one before", async () => {
    service = { ...service, accessTokens: async (how) => [how?.fresh ? "rotated" : accessToken] };
    const statusOf = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await handler(httpEvent("GET", "/api/slipway/health", { headers }), lambdaContext))
        .statusCode;
    };
    expect([await statusOf("rotated"), await statusOf("never")]).toEqual([200, 401]);
  });
});

describe("a log", () => {
  const authorization = `Bearer ${accessToken}`;

  async function logged(bytes: Uint8Array): Promise<string> {
    const id = await push(world, "job: {script: [x]}");
    const job = await jobOf(world, id, "job");
    await service.blobs.append(logKey(job.id), 0, bytes);
    return `/api/slipway/jobs/${job.id}/trace`;
  }

  test("comes byte for byte, also when a part begins within a character", async () => {
    const bytes = Buffer.from("ä🚢\u001b[0m\r\n\u0000ß");
    const path = await logged(bytes);
    const event = httpEvent("GET", path, { headers: { authorization }, query: "offset=1" });
    const { body, isBase64Encoded } = await handler(event, lambdaContext);
    expect(bytesOf(body, isBase64Encoded).equals(bytes.subarray(1))).toBe(true);
  });

  test("is not waited for, and says when to ask again", async () => {
    const path = await logged(new Uint8Array());
    const event = httpEvent("GET", path, { headers: { authorization }, query: "wait=10" });
    const { headers } = await handler(event, lambdaContext);
    expect(headers).toMatchObject({ "retry-after": "2", "x-slipway-complete": "false" });
  });
});

test("an answer that Lambda would not give is told so", async () => {
  const large = lambdaHandler(
    createLambdaApp({
      webhooks: service,
      loadOthers: async () => ({
        fetch: () =>
          new Response("<".repeat(6_300_000), { headers: { "content-type": "text/html" } }),
      }),
    }),
  );
  const answer = await large(httpEvent("GET", "/"), lambdaContext);
  expect([answer.statusCode, answer.body]).toEqual([500, expect.stringContaining("6 MB")]);
});
