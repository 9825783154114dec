import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp, createWorkloadApp } from "#functions/http/app.ts";
import { idTokenKeySecret, rotateIdTokenKey } from "#service/runner-api/id-token-keys.ts";
import { push, takeNext } from "../driver.ts";
import { makeWorld, sha, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const one = "deploy:\n  script: [make]\n  id_tokens:\n    CLOUD: { aud: https://cloud.test }\n";

async function tokenOf(configuration: string, name = "CLOUD", options = {}) {
  const id = await push(world, configuration, options);
  const job = await takeNext(world, id);
  const found = job.variables.filter(({ key }) => key === name);
  expect(found).toHaveLength(1);
  return { variable: found[0], token: found[0]?.value ?? "", job, id };
}

async function keys(): Promise<JSONWebKeySet> {
  const app = createWorkloadApp({ service: world.deps, mayReadPages: async () => false });
  const discovery = await app.request("/.well-known/openid-configuration");
  const { jwks_uri } = (await discovery.json()) as { jwks_uri: string };
  const answer = await app.request(new URL(jwks_uri).pathname);
  return (await answer.json()) as JSONWebKeySet;
}

describe("an ID token", () => {
  test("is a masked variable that the published keys verify, with GitLab's claims", async () => {
    const { variable, token, job, id } = await tokenOf(
      `${one}  timeout: 10 minutes\n  environment: { name: production }\n`,
    );
    expect(variable).toMatchObject({ masked: true, public: false, file: false, raw: true });
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await keys()), {
      issuer: "http://slipway.test",
      audience: "https://cloud.test",
    });
    expect(protectedHeader).toMatchObject({ alg: "RS256", kid: expect.any(String) });
    expect(payload).toMatchObject({
      iss: "http://slipway.test",
      aud: "https://cloud.test",
      sub: "project_path:group/app:ref_type:branch:ref:main",
      project_id: "1",
      project_path: "group/app",
      namespace_path: "group",
      ref: "main",
      ref_type: "branch",
      ref_path: "refs/heads/main",
      ref_protected: "true",
      pipeline_id: String(id),
      pipeline_source: "push",
      job_id: String(job.id),
      sha,
      user_login: "ada",
      environment: "production",
      deployment_tier: "production",
      environment_action: "start",
      runner_environment: "self-hosted",
      ci_config_ref_uri: "slipway.test/group/app//.gitlab-ci.yml@refs/heads/main",
      ci_config_sha: sha,
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect((payload.iat ?? 0) - (payload.nbf ?? 0)).toBe(5);
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("of a tag has the tag for a subject", async () => {
    const { token } = await tokenOf(one, "CLOUD", { ref: "refs/tags/v1" });
    expect(decodeJwt(token)).toMatchObject({
      sub: "project_path:group/app:ref_type:tag:ref:v1",
      ref_path: "refs/tags/v1",
      ref_protected: "false",
    });
  });

  test("may have several audiences, with variables in them", async () => {
    const { token } = await tokenOf(
      "deploy:\n  script: [make]\n  variables: { HOST: b.test }\n  id_tokens: { CLOUD: { aud: [a, 'https://$HOST'] } }\n",
    );
    expect(decodeJwt(token).aud).toEqual(["a", "https://b.test"]);
  });

  test("wins over a variable of its name, and claims no environment where there is none", async () => {
    const { token } = await tokenOf(
      `${one}  variables: { CLOUD: mine, CI_ENVIRONMENT_NAME: fake }\n`,
    );
    expect(decodeJwt(token)).not.toHaveProperty("environment");
  });

  test("has a key of its own in another installation, and is kept nowhere", async () => {
    const { token, id } = await tokenOf(one);
    const other = await makeWorld();
    try {
      await rotateIdTokenKey(other.deps);
      expect(await other.deps.secrets.get(idTokenKeySecret)).not.toEqual(
        await world.deps.secrets.get(idTokenKeySecret),
      );
    } finally {
      await other.close();
    }
    const stored = await world.deps.store.pipelines.get(id);
    expect(JSON.stringify(stored)).not.toContain(token.slice(0, 40));
  });
});

describe("the published keys", () => {
  test("hold nothing private, and those from before a rotation", async () => {
    const { token } = await tokenOf(one);
    await rotateIdTokenKey(world.deps);
    const published = await keys();
    expect(published.keys).toHaveLength(2);
    for (const key of published.keys) {
      expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    }
    await jwtVerify(token, createLocalJWKSet(published));
    expect(published.keys[0]?.kid).not.toBe(decodeProtectedHeader(token).kid);
  });

  test("are the same at the public door", async () => {
    const app = createApp({ service: world.deps, mayReadPages: async () => false });
    const answer = await app.request("/oauth/discovery/keys");
    expect(await answer.json()).toEqual(await keys());
  });

  test("that cannot be read are an error that does not quote them", async () => {
    await world.deps.secrets.rotate(idTokenKeySecret, '{"d":"very private"}');
    const app = createApp({ service: world.deps, mayReadPages: async () => false });
    const answer = await app.request("/oauth/discovery/keys");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("very private");
  });
});
