import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distributionRegistry } from "#registry/distribution.ts";
import { distributionApi } from "#registry/distribution-api.ts";
import { placeholderManifest } from "#registry/manifest.ts";
import { RegistryError } from "#registry/registry.ts";
import { signRegistryToken } from "#registry/token.ts";
import { defineRegistryContract } from "./contract.ts";
import { freePort, startRealRegistry } from "./real-registry.ts";
import { listOf, uploadImage } from "./small-image.ts";

let real: Awaited<ReturnType<typeof startRealRegistry>>;

beforeAll(async () => {
  real = await startRealRegistry();
});

afterAll(async () => {
  await real?.close();
});

function registryApi() {
  return distributionApi({
    url: `http://${real.host}`,
    timeoutMilliseconds: 10_000,
    tokenFor: (access) =>
      signRegistryToken(real.keys, { subject: "test", access, now: Date.now() }),
  });
}

function registry() {
  return distributionRegistry({ host: real.host, keys: real.keys });
}

defineRegistryContract({
  create: async () => ({
    registry: registry(),
    push: async (repository, tag, content) => {
      await registryApi().putManifest(
        repository,
        tag,
        await uploadImage(registryApi(), repository, content),
      );
    },
    has: async (repository, digest) =>
      (await registryApi().getManifest(repository, digest)) !== undefined,
  }),
});

describe("CNCF Distribution", () => {
  test("lists of images are retagged whole and counted with their images", async () => {
    const api = registryApi();
    const images = [
      await uploadImage(registryApi(), "multi/app", "amd64"),
      await uploadImage(registryApi(), "multi/app", "arm64"),
    ];
    for (const image of images) await api.putManifest("multi/app", image.digest, image);
    const list = listOf(images);
    await api.putManifest("multi/app", "dev", list);
    expect(await registry().retag("multi/app", "dev", "latest")).toBe("done");
    const latest = (await registry().listTags("multi/app")).find((tag) => tag.name === "latest");
    expect(latest?.digest).toBe(list.digest);
    expect(latest?.sizeBytes).toBeGreaterThan(list.bytes.byteLength + 2 * 200);
    expect((await api.getManifest("multi/app", "latest"))?.mediaType).toBe(list.mediaType);
  });

  test("a deletion that was broken off half-way is not listed and can be finished", async () => {
    const api = registryApi();
    await api.putManifest("broken/app", "v1", await uploadImage(registryApi(), "broken/app", "x"));
    const { config, manifest } = placeholderManifest("broken off");
    await api.uploadBlob("broken/app", config.digest, config.bytes);
    await api.putManifest("broken/app", "v1", manifest);
    expect(await registry().listTags("broken/app")).toEqual([]);
    expect(await registry().retag("broken/app", "v1", "v2")).toBe("absent");
    expect(await registry().deleteTag("broken/app", "v1")).toBe("absent");
    expect(await api.getManifest("broken/app", "v1")).toBeUndefined();
  });

  test("a registry that is away is an error that says so and may pass", async () => {
    const away = distributionRegistry({ host: `127.0.0.1:${await freePort()}`, keys: real.keys });
    const listing = away.listTags("demo/app");
    await expect(listing).rejects.toThrow(RegistryError);
    await expect(listing).rejects.toMatchObject({ retryable: true });
    await expect(listing).rejects.toThrow(/does not answer/);
  });
});
