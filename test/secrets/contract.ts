import { describe, expect, test } from "vitest";
import type { Secrets } from "#secrets/secrets.ts";

/** A keeper of secrets whose clock the test moves past the end of rotated values. */
export type SecretsUnderTest = {
  readonly secrets: Secrets;
  readonly passRotationPeriod: () => void;
};

/** What every keeper of secrets promises; `create` gives an empty one. */
export function defineSecretsContract(options: {
  readonly create: () => Promise<SecretsUnderTest>;
}): void {
  describe("secrets", () => {
    test("are made at random when there are none, once", async () => {
      const { secrets } = await options.create();
      expect(await secrets.get("webhook/local/demo")).toEqual([]);
      const made = await Promise.all(Array.from({ length: 5 }, () => secrets.ensure("a")));
      expect(new Set(made).size).toBe(1);
      expect(Buffer.from(made[0] ?? "", "base64url")).toHaveLength(32);
      expect(await secrets.get("a")).toEqual([made[0]]);
      expect(await secrets.ensure("b")).not.toBe(made[0]);
    });

    test("are valid in two versions after a rotation, newest first, until the old one ends", async () => {
      const { secrets, passRotationPeriod } = await options.create();
      const first = await secrets.ensure("a");
      await secrets.rotate("a", "second");
      expect(await secrets.get("a")).toEqual(["second", first]);
      await secrets.rotate("a", "second");
      expect(await secrets.ensure("a")).toBe("second");
      passRotationPeriod();
      expect(await secrets.get("a")).toEqual(["second"]);
      await secrets.rotate("a", "third");
      expect(await secrets.get("a")).toEqual(["third", "second"]);
    });

    test("can be set before they were ever made", async () => {
      const { secrets } = await options.create();
      await secrets.rotate("forge/gitlab/token", "glpat-x");
      expect(await secrets.get("forge/gitlab/token")).toEqual(["glpat-x"]);
    });

    test("have names of any kind", async () => {
      const { secrets } = await options.create();
      const names = ["a", "a/b", "../a", "a%2Fb", "ä/ö", ".", "x".repeat(500), "x".repeat(501)];
      for (const name of names) await secrets.rotate(name, `value of ${name}`);
      for (const name of names) expect(await secrets.get(name)).toEqual([`value of ${name}`]);
    });
  });
}
