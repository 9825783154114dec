import { describe, expect, test } from "vitest";
import { registryAuths } from "#runner/registry/auth.ts";

const credentials = [
  { type: "registry" as const, url: "registry.example:5000", username: "ci", password: "one" },
];
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("credentials for pulling images", () => {
  test("come with the job", () => {
    expect(registryAuths(credentials, undefined).find("registry.example:5000")).toEqual({
      username: "ci",
      password: "one",
      serveraddress: "registry.example:5000",
    });
    expect(registryAuths(credentials, undefined).find("docker.io")).toBeUndefined();
  });

  test("come from DOCKER_AUTH_CONFIG before those of the job", () => {
    const config = { auths: { "registry.example:5000": { auth: base64("me:a:b") } } };
    const { find, problems } = registryAuths(credentials, JSON.stringify(config));
    expect(find("registry.example:5000")).toMatchObject({ username: "me", password: "a:b" });
    expect(problems).toEqual([]);
  });

  test.for(["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"])(
    "for Docker Hub may be named %s",
    (host) => {
      const config = { auths: { [host]: { username: "me", password: "x" } } };
      const { find } = registryAuths([], JSON.stringify(config));
      expect(find("docker.io")).toMatchObject({ username: "me" });
    },
  );

  test("may be an identity token", () => {
    const config = { auths: { r: { identitytoken: "t" } } };
    expect(registryAuths([], JSON.stringify(config)).find("r")).toMatchObject({
      identitytoken: "t",
    });
  });

  test.for([
    ["not json", /is not JSON/],
    ['{"auths":{"r":{"auth":"bm9jb2xvbg=="}}}', /no usable login for r/],
    ['{"credsStore":"pass"}', /credential helpers/],
    ["[]", undefined],
    ["null", /is not JSON/],
  ] as const)("that are %s are told as a problem, never thrown", ([config, problem]) => {
    const { problems } = registryAuths([], config);
    if (problem === undefined) expect(problems).toEqual([]);
    else expect(problems.join()).toMatch(problem);
  });
});
