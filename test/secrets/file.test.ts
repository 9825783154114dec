import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fileSecrets, UnreadableSecret } from "#secrets/file.ts";
import { defineSecretsContract } from "./contract.ts";

async function directory(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "slipway-secrets-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  return join(parent, "secrets");
}

defineSecretsContract({
  create: async () => {
    let now = Date.parse("2026-01-01T00:00:00.000Z");
    return {
      secrets: fileSecrets(await directory(), { now: () => now }),
      passRotationPeriod: () => {
        now += 25 * 3600 * 1000;
      },
    };
  },
});

describe("secrets in files", () => {
  test("are readable by their owner only, and nothing else is left beside them", async () => {
    const secrets = await directory();
    await fileSecrets(secrets).ensure("a/b");
    await fileSecrets(secrets).rotate("a/b", "x");
    expect(await readdir(secrets)).toEqual(["a%2Fb"]);
    expect((await stat(secrets)).mode & 0o777).toBe(0o700);
    expect((await stat(join(secrets, "a%2Fb"))).mode & 0o777).toBe(0o600);
  });

  test("are the same for two processes that make one at the same time", async () => {
    const secrets = await directory();
    const made = await Promise.all(
      Array.from({ length: 8 }, () => fileSecrets(secrets).ensure("jwt")),
    );
    expect(new Set(made).size).toBe(1);
  });

  test("that cannot be read are an error that names the file and not its content", async () => {
    const secrets = await directory();
    await fileSecrets(secrets).ensure("a");
    await writeFile(join(secrets, "a"), '[{"value": "hunter2"');
    const reading = fileSecrets(secrets).get("a");
    await expect(reading).rejects.toThrow(UnreadableSecret);
    await expect(reading).rejects.not.toThrow(/hunter2/);
    await expect(fileSecrets(secrets).ensure("a")).rejects.toThrow(join(secrets, "a"));
  });
});
