import { describe, expect, test } from "vitest";
import { isLogin, translateBody, translateHeaders } from "#runner/engine/registry-headers.ts";
import { logInToRegistry } from "#runner/registry/login.ts";
import { aJob } from "../support/jobs.ts";

const host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const job = {
  ...aJob({ repoUrl: "http://git", sha: "0".repeat(40) }),
  token: "the-job-token",
  registry: { kind: "ecr" as const, region: "eu-central-1", host, placeholder: "placeholder" },
};
const token = { username: "AWS", password: "tok/en+with==signs", expiresAt: Number.MAX_VALUE };

async function registry() {
  const { login } = await logInToRegistry(job, async () => token, new AbortController().signal);
  if (login === undefined) throw new Error("There is no login.");
  return login;
}

/** As Docker's own client encodes it. */
function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value))
    .toString("base64")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

function decode(text: string | undefined): unknown {
  expect(text).toMatch(/^[A-Za-z0-9_-]+=*$/);
  expect((text ?? "").length % 4).toBe(0);
  return JSON.parse(Buffer.from(text ?? "", "base64url").toString());
}

const push = `/v1.41/images/${host}/shop/app/push?tag=main`;
const ofJob = { username: "gitlab-ci-token", password: "the-job-token" };
const aws = { username: "AWS", password: token.password };

describe("the login sent along with a request to the engine", () => {
  test.for([
    ["the job's, at the registry", { ...ofJob, serveraddress: host }, push, aws],
    [
      "the job's, with the address as a URL",
      { ...ofJob, serveraddress: `https://${host}/v2/` },
      push,
      aws,
    ],
    ["the job's under any user name", { ...ofJob, username: "x", serveraddress: host }, push, aws],
    ["without an address, for an image of the registry", ofJob, push, aws],
    [
      "without an address, for a pull",
      ofJob,
      `/images/create?fromImage=${host}/shop/app&tag=1`,
      aws,
    ],
    ["as config.json has it", { auth: btoa("me:the-job-token"), serveraddress: host }, push, aws],
    ["the token itself", { ...aws, serveraddress: host }, push, aws],
    [
      "a password that is none of the job's",
      { username: "a", password: "b", serveraddress: host },
      push,
      undefined,
    ],
    [
      "the job's, at another registry",
      { ...ofJob, serveraddress: "registry.example" },
      push,
      undefined,
    ],
    [
      "the job's, for an image from elsewhere",
      ofJob,
      "/images/create?fromImage=busybox",
      undefined,
    ],
    ["none", {}, push, undefined],
    ["an identity token", { identitytoken: "t", serveraddress: host }, push, undefined],
  ] as const)("%s", async ([_name, login, url, expected]) => {
    const raw = ["Host", "docker", "X-Registry-Auth", encode(login)];
    const [, , , sent] = await translateHeaders(raw, url, await registry());
    if (expected === undefined) expect(decode(sent)).toEqual(login);
    else {
      expect(decode(sent)).toMatchObject(expected);
      expect(decode(sent)).not.toHaveProperty("auth");
    }
  });

  test("of a build is a list, of which only the registry's own entry changes", async () => {
    const logins = {
      [host]: ofJob,
      "registry.example": ofJob,
      "https://index.docker.io/v1/": { username: "me", password: "mine" },
    };
    const raw = ["X-Registry-Config", encode(logins)];
    const [, sent] = await translateHeaders(raw, "/v1.41/build?t=x", await registry());
    expect(decode(sent)).toMatchObject({ ...logins, [host]: aws });
  });

  test.for(["", "%%%", encode([1]), encode("text"), encode(null), "bm90IGpzb24="])(
    "that cannot be read (%j) is left to the engine",
    async (value) => {
      const raw = ["X-Registry-Auth", value, "X-Registry-Config", value];
      expect(await translateHeaders(raw, push, await registry())).toEqual(raw);
    },
  );

  test("of docker login is its body", async () => {
    expect(isLogin("POST", "/v1.41/auth")).toBe(true);
    expect(isLogin("POST", "/auth?x")).toBe(true);
    expect(isLogin("GET", "/v1.41/auth")).toBe(false);
    expect(isLogin("POST", "/v1.41/authx")).toBe(false);
    const body = Buffer.from(JSON.stringify({ ...ofJob, serveraddress: host }));
    expect(JSON.parse((await translateBody(body, await registry())).toString())).toMatchObject(aws);
    const nonsense = Buffer.from("{");
    expect(await translateBody(nonsense, await registry())).toBe(nonsense);
  });
});
