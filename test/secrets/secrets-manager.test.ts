import { createHmac } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Secrets } from "#secrets/secrets.ts";
import { secretsManagerSecrets } from "#secrets/secrets-manager.ts";
import { secretId } from "#secrets/secrets-manager-access.ts";
import {
  type SecretsManagerDouble,
  startSecretsManagerDouble,
} from "../aws/secrets-manager-double/server.ts";
import { defineSecretsContract } from "./contract.ts";

type Vault = {
  readonly vault: SecretsManagerDouble;
  readonly secrets: Secrets;
  /** A second instance, with nothing remembered. */
  readonly other: () => Secrets;
  readonly pass: (seconds: number) => void;
};

async function open(): Promise<Vault> {
  const vault = await startSecretsManagerDouble();
  onTestFinished(vault.close);
  let now = Date.parse("2026-01-01T00:00:00.000Z");
  vault.now = () => now;
  const other = () =>
    secretsManagerSecrets({ client: vault.client, prefix: "slipway/", now: () => now });
  return { vault, secrets: other(), other, pass: (seconds) => (now += seconds * 1000) };
}

defineSecretsContract({
  create: async () => {
    const { secrets, pass } = await open();
    return { secrets, passRotationPeriod: () => pass(25 * 3600) };
  },
});

const day = 24 * 3600;
const webhook = "webhook/gitlab/group/app";
const derived = (master: string, name = webhook) =>
  `whsec_${createHmac("sha256", master).update(name).digest("base64")}`;

describe("secrets in Secrets Manager", () => {
  test("are the same for two instances that make one at the same time", async () => {
    const { other } = await open();
    const made = await Promise.all(Array.from({ length: 8 }, () => other().ensure("jwt")));
    expect(new Set(made).size).toBe(1);
  });

  test("that somebody set by hand are read, the one before for a day", async () => {
    const { vault, secrets, pass } = await open();
    vault.setByHand("slipway/forge/gitlab/token", "glpat-one\n");
    expect(await secrets.get("forge/gitlab/token")).toEqual(["glpat-one"]);
    pass(2 * day);
    vault.setByHand("slipway/forge/gitlab/token", "glpat-two");
    expect(await secrets.get("forge/gitlab/token")).toEqual(["glpat-two", "glpat-one"]);
    pass(day);
    expect(await secrets.get("forge/gitlab/token")).toEqual(["glpat-two"]);
  });

  test("are asked for once in five minutes, absent ones twice a minute", async () => {
    const { vault, secrets, pass } = await open();
    vault.setByHand("slipway/a", "value");
    const reads = (name: string) => vault.requests.filter((one) => one.endsWith(`/${name}`)).length;
    pass(2 * day);
    for (let times = 0; times < 20; times++) {
      await Promise.all([secrets.get("a"), secrets.get("a"), secrets.get("b")]);
      pass(10);
    }
    expect([reads("a"), reads("b")]).toEqual([1, 7]);
    pass(300);
    await secrets.get("a");
    expect(reads("a")).toBe(2);
  });

  test("are read anew for whom none fits, once in ten seconds however many ask", async () => {
    const { vault, secrets, pass } = await open();
    vault.setByHand("slipway/a", '{"values":[{"value":"old","addedAt":"2026-01-01T00:00:00Z"}]}');
    expect(await secrets.get("a")).toEqual(["old"]);
    pass(20);
    vault.setByHand("slipway/a", '{"values":[{"value":"new","addedAt":"2026-01-01T00:00:20Z"}]}');
    expect(await secrets.get("a")).toEqual(["old"]);
    const before = vault.requests.length;
    for (let times = 0; times < 50; times++) {
      expect(await secrets.get("a", { fresh: true })).toEqual(["new"]);
    }
    expect(vault.requests.length).toBe(before + 1);
    expect(await secrets.get("a")).toEqual(["new"]);
  });

  test.for([
    '{"token": "hunter2"}',
    '{"values": "hunter2"}',
    '{"values": [{"value": "hunter2"}]}',
    "{hunter2",
  ])("that hold %s are an error that names the secret and not its content", async (text) => {
    const { vault, secrets } = await open();
    vault.setByHand("slipway/a", text);
    await expect(secrets.get("a")).rejects.toThrow(/slipway\/a/);
    await expect(secrets.get("a")).rejects.not.toThrow(/hunter2/);
  });

  test("that somebody deleted are absent at once, though they are kept for some days", async () => {
    const { vault, secrets } = await open();
    vault.setByHand("slipway/webhook-master", "master");
    vault.setByHand(`slipway/${webhook}`, "own");
    vault.deleteByHand(`slipway/${webhook}`);
    expect(await secrets.get(webhook)).toEqual([derived("master")]);
  });

  test("that cannot be read are an error, not absent", async () => {
    const { vault, secrets } = await open();
    vault.failWith = "AccessDeniedException";
    await expect(secrets.get("a")).rejects.toThrow();
    await expect(secrets.ensure("a")).rejects.toThrow();
    vault.failWith = "InternalServiceError";
    await expect(secrets.get(webhook)).rejects.toThrow();
    vault.failWith = undefined;
    expect(await secrets.get("a")).toEqual([]);
  });

  test("names of other alphabets stay apart", () => {
    const names = ["ä", "a", "=C3=A4", "a b", "a=20b", "x".repeat(700), `${"x".repeat(700)}y`];
    const ids = names.map((name) => secretId("slipway/", name));
    expect(new Set(ids).size).toBe(names.length);
    expect(ids[0]).toBe("slipway/=C3=A4");
  });
});

describe("webhook secrets", () => {
  test("are derived from the master for a project without its own, in all its values", async () => {
    const { vault, secrets, pass } = await open();
    expect(await secrets.get(webhook)).toEqual([]);
    vault.setByHand("slipway/webhook-master", "master one");
    pass(301);
    expect(await secrets.get(webhook)).toEqual([derived("master one")]);
    expect(await secrets.ensure(webhook)).toBe(derived("master one"));
    expect(await secrets.get("webhook/gitlab/group/other")).toEqual([
      derived("master one", "webhook/gitlab/group/other"),
    ]);
    vault.setByHand("slipway/webhook-master", "master two");
    expect(await secrets.get(webhook, { fresh: true })).toEqual([derived("master one")]);
    pass(11);
    expect(await secrets.get(webhook, { fresh: true })).toEqual([
      derived("master two"),
      derived("master one"),
    ]);
    pass(day);
    expect(await secrets.get(webhook)).toEqual([derived("master two")]);
    expect([...vault.secrets.keys()]).toEqual(["slipway/webhook-master"]);
  });

  test("of a project's own take the place of the derived one, which stays valid for a day", async () => {
    const { vault, secrets, other, pass } = await open();
    vault.setByHand("slipway/webhook-master", "master");
    await secrets.rotate(webhook, "its own");
    expect(await secrets.get(webhook)).toEqual(["its own", derived("master")]);
    pass(day);
    expect(await other().get(webhook)).toEqual(["its own"]);
  });

  test("are made at random where there is no master", async () => {
    const { secrets, other } = await open();
    const made = await secrets.ensure(webhook);
    expect(Buffer.from(made, "base64url")).toHaveLength(32);
    expect(await other().get(webhook)).toEqual([made]);
  });

  test("other names are never derived", async () => {
    const { vault, secrets } = await open();
    vault.setByHand("slipway/webhook-master", "master");
    expect(await secrets.get("webhook/gitlab")).toEqual([]);
    expect(await secrets.get("forge/gitlab/token")).toEqual([]);
  });
});
