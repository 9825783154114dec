import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { roleCredentials } from "#runner/aws/role-credentials.ts";

let server: Server;
let url: string;
let answer: { status: number; body: string };
let asked: IncomingMessage[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/creds`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

describe("the credentials of a build's role", () => {
  test("are those of the environment where it has some", async () => {
    const env = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" };
    const expected = { accessKeyId: "key", secretAccessKey: "secret" };
    expect(await roleCredentials(env)).toEqual(expected);
    expect(await roleCredentials({ ...env, AWS_SESSION_TOKEN: "session" })).toEqual({
      ...expected,
      sessionToken: "session",
    });
  });

  test("come from the container's endpoint, which wants its token", async () => {
    answer = {
      status: 200,
      body: '{"AccessKeyId":"key","SecretAccessKey":"secret","Token":"session"}',
    };
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "of the endpoint",
    };
    expect(await roleCredentials(env)).toEqual({
      accessKeyId: "key",
      secretAccessKey: "secret",
      sessionToken: "session",
    });
    expect(asked[0]?.headers.authorization).toBe("of the endpoint");
  });

  test.for([
    [404, "", /gave no credentials \(it answered 404\)\. Was the role deleted/],
    [200, "{}", /its answer holds no access key/],
    [200, '{"AccessKeyId":"key"}', /its answer holds no access key/],
    [200, "no json", /its answer holds no access key/],
  ] as const)(
    "that are not given (%d %j) fail the job's system",
    async ([status, body, expected]) => {
      answer = { status, body };
      const given = roleCredentials({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url });
      await expect(given).rejects.toThrow(expected);
      await expect(given).rejects.toMatchObject({ reason: "runner_system_failure" });
    },
  );

  test("are missed with the names of what is not set", async () => {
    await expect(roleCredentials({})).rejects.toThrow(
      /AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set/,
    );
  });
});
