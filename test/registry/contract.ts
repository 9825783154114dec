import { describe, expect, test } from "vitest";
import type { Registry } from "#registry/registry.ts";

export type RegistryUnderTest = {
  readonly registry: Registry;
  /** Pushes a small image whose digest depends on `content`, as a job would. */
  readonly push: (repository: string, tag: string, content: string) => Promise<void>;
  /** Whether `docker pull repository@digest` would find it. */
  readonly has: (repository: string, digest: string) => Promise<boolean>;
};

/** What every registry promises. Each test has a repository of its own. */
export function defineRegistryContract(options: {
  readonly create: () => Promise<RegistryUnderTest>;
}): void {
  let repositories = 0;

  describe("a registry", () => {
    async function start() {
      const repository = `contract/app-${++repositories}`;
      const { registry, push, has } = await options.create();
      await registry.ensureRepository(repository);
      const digests = async () =>
        new Map((await registry.listTags(repository)).map((tag) => [tag.name, tag.digest]));
      return { registry, push, has, repository, digests };
    }

    test("lists tags with digest and size, and nothing for a repository that is not there", async () => {
      const { registry, push, repository } = await start();
      expect(await registry.listTags(repository)).toEqual([]);
      await push(repository, "v1", "one");
      await push(repository, "latest", "one");
      await push(repository, "dev", "another one");
      const tags = await registry.listTags(repository);
      expect(tags.map((tag) => tag.name)).toEqual(["dev", "latest", "v1"]);
      expect(tags[1]?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(tags[1]?.digest).toBe(tags[2]?.digest);
      expect(tags[0]?.digest).not.toBe(tags[2]?.digest);
      expect(tags.every((tag) => tag.sizeBytes > 100)).toBe(true);
    });

    test("points a tag to the image of another one, any number of times", async () => {
      const { registry, push, repository, digests } = await start();
      await push(repository, "abc", "new");
      await push(repository, "latest", "old");
      expect(await registry.retag(repository, "abc", "latest")).toBe("done");
      expect(await registry.retag(repository, "abc", "latest")).toBe("done");
      const found = await digests();
      expect(found.get("latest")).toBe(found.get("abc"));
      expect(await registry.retag(repository, "nothing", "latest")).toBe("absent");
      expect(await digests()).toEqual(found);
    });

    test("deletes one tag and leaves every other one of the same image", async () => {
      const { registry, push, has, repository, digests } = await start();
      await push(repository, "v1", "image");
      await push(repository, "latest", "image");
      const digest = (await digests()).get("latest") ?? "";
      expect(await registry.deleteTag(repository, "v1")).toBe("done");
      expect(await digests()).toEqual(new Map([["latest", digest]]));
      expect(await has(repository, digest)).toBe(true);
      expect(await registry.deleteTag(repository, "v1")).toBe("absent");
      expect(await registry.deleteTag("contract/none", "v1")).toBe("absent");
      expect(await registry.retag(repository, "v1", "v2")).toBe("absent");
      expect(await registry.deleteTag(repository, "latest")).toBe("done");
      expect(await registry.listTags(repository)).toEqual([]);
    });

    test("takes a tag again that was deleted", async () => {
      const { registry, push, repository, digests } = await start();
      await push(repository, "v1", "first");
      await registry.deleteTag(repository, "v1");
      await push(repository, "v1", "first");
      expect((await digests()).size).toBe(1);
    });

    test("gives a job its credentials", async () => {
      const { registry } = await start();
      const job = { project: "contract/app", jobToken: "secret", canPush: true };
      const credentials = await registry.jobCredentials(job);
      expect(credentials.username).not.toBe("");
      expect(credentials.password).not.toBe("");
    });

    test.for(["Upper/Case", "a//b", "../a", ""])("refuses the repository name %j", async (name) => {
      const { registry } = await start();
      await expect(registry.listTags(name)).rejects.toThrow(/name/);
      await expect(registry.retag(name, "a", "b")).rejects.toThrow(/name/);
    });
  });
}
