import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSigningToken } from "#forge/http/standard-webhooks.ts";
import { secretsManagerSecrets } from "#secrets/secrets-manager.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import type { ServiceDeps } from "#service/deps.ts";
import {
  type SecretsManagerDouble,
  startSecretsManagerDouble,
} from "../../aws/secrets-manager-double/server.ts";
import { makeWorld, project, type World } from "../world.ts";

const connection = { forge: "local", project };
const secretName = `slipway/webhook/local/${project}`;

let world: World;
let vault: SecretsManagerDouble;
let deps: ServiceDeps;
let now: number;
beforeEach(async () => {
  world = await makeWorld();
  vault = await startSecretsManagerDouble();
  now = Date.now();
  vault.now = () => now;
  const client = vault.client;
  deps = {
    ...world.deps,
    secrets: secretsManagerSecrets({ client, prefix: "slipway/", now: () => now }),
  };
});
afterEach(async () => {
  await vault.close();
  await world.close();
});

let deliveries = 0;
async function send(token: string): Promise<number> {
  deliveries += 1;
  const request = world.webhook({ token, id: `rotation-${deliveries}` });
  return (await receiveWebhook(deps, connection, request)).status;
}

describe("a webhook's secret in Secrets Manager", () => {
  test("that is rotated while hooks come in is taken at once, the one before as well", async () => {
    const [before, after] = [createSigningToken(), createSigningToken()];
    vault.setByHand(secretName, before);
    expect(await send(before)).toBe(202);
    now += 60_000;
    vault.setByHand(secretName, after);
    expect(await send(after)).toBe(202);
    expect(await send(before)).toBe(202);
    now += 25 * 3600 * 1000;
    expect([await send(before), await send(after)]).toEqual([401, 202]);
  });

  test("derived from a master that is rotated is taken at once", async () => {
    vault.setByHand("slipway/webhook-master", "one");
    const [before = ""] = await deps.secrets.get(`webhook/local/${project}`);
    expect(await send(before)).toBe(202);
    now += 60_000;
    vault.setByHand("slipway/webhook-master", "two");
    const elsewhere = secretsManagerSecrets({ client: vault.client, prefix: "slipway/" });
    const [after = ""] = await elsewhere.get(`webhook/local/${project}`);
    expect(after).not.toBe(before);
    expect([await send(after), await send(before)]).toEqual([202, 202]);
  });

  test("that cannot be read is an error, after which the redelivery is taken", async () => {
    const token = createSigningToken();
    vault.setByHand(secretName, token);
    vault.failWith = "ThrottlingException";
    await expect(send(token)).rejects.toThrow();
    vault.failWith = undefined;
    expect(await send(token)).toBe(202);
  });

  test("is asked for no more than every ten seconds by forged requests", async () => {
    vault.setByHand(secretName, createSigningToken());
    now += 25 * 3600 * 1000;
    for (let times = 0; times < 30; times++) expect(await send(createSigningToken())).toBe(401);
    expect(vault.requests).toHaveLength(1);
    now += 11_000;
    for (let times = 0; times < 30; times++) expect(await send(createSigningToken())).toBe(401);
    expect(vault.requests).toHaveLength(2);
  });
});
