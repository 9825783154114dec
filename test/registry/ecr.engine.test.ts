import { ECRClient } from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ecrRegistry } from "#registry/ecr.ts";
import { RegistryError } from "#registry/registry.ts";
import { type EcrDouble, startEcrDouble } from "../aws/ecr-double/ecr-double.ts";
import { EcrRejection, type EcrRole } from "../aws/ecr-double/world.ts";
import { defineRegistryContract } from "./contract.ts";
import { freePort, registryBinary } from "./real-registry.ts";
import { listOf, uploadImage } from "./small-image.ts";

const serviceRole: EcrRole = { name: "slipway-work", access: "service" };
let ecr: EcrDouble;

beforeAll(async () => {
  ecr = await startEcrDouble({ registryBinary });
});

afterAll(async () => {
  await ecr?.close();
});

/** The adapter through the real SDK client, signing with a new key of the role. */
function registryAs(role: EcrRole = serviceRole, endpoint = ecr.url) {
  const client = new ECRClient({
    region: ecr.world.region,
    endpoint,
    credentials: ecr.accessKey(role),
    // Its own second try would hide a failure that was planned for the first.
    maxAttempts: 1,
  });
  return ecrRegistry({ client, host: ecr.host, region: ecr.world.region });
}

async function push(repository: string, tag: string, content: string) {
  if (!ecr.world.repositories.has(repository)) {
    ecr.world.repositories.set(repository, { mutability: "MUTABLE" });
  }
  const manifest = await uploadImage(ecr.images, repository, content);
  await ecr.images.putManifest(repository, tag, manifest);
  return manifest;
}

defineRegistryContract({
  create: async () => {
    if (ecr.world.templates.length === 0) {
      ecr.world.templates.push({ prefix: "contract", mutability: "MUTABLE" });
    }
    return {
      registry: registryAs(),
      push: async (repository, tag, content) => {
        await push(repository, tag, content);
      },
      has: async (repository, digest) =>
        (await ecr.images.getManifest(repository, digest)) !== undefined,
    };
  },
});

describe("Amazon ECR", () => {
  let number = 0;
  let repository: string;

  beforeEach(() => {
    repository = `shop/app-${++number}`;
  });

  test("a repository is there, is made at the first push, or has to be deployed", async () => {
    ecr.world.repositories.set("shop/deployed", { mutability: "MUTABLE" });
    ecr.world.templates.push({ prefix: "shop/web", mutability: "MUTABLE" });
    await registryAs().ensureRepository("Shop/Deployed");
    await registryAs().ensureRepository("shop/web/cache");
    const missing = registryAs().ensureRepository("shop/webcam");
    await expect(missing).rejects.toThrow(/no repository shop\/webcam .*npx cdk deploy --all/);
    await expect(missing).rejects.toMatchObject({ retryable: false });
  });

  test("lists every page of many tags", async () => {
    for (const tag of ["a", "b", "c", "d", "e"]) await push(repository, tag, `image ${tag}`);
    await push(repository, "also-a", "image a");
    const tags = await registryAs().listTags(repository);
    expect(tags.map(({ name }) => name)).toEqual(["a", "also-a", "b", "c", "d", "e"]);
  });

  test("a list of images is pointed to whole, with its own media type", async () => {
    const images = [await push(repository, "one", "amd64"), await push(repository, "two", "arm64")];
    const list = listOf(images);
    await ecr.images.putManifest(repository, "dev", list);
    expect(await registryAs().retag(repository, "dev", "latest")).toBe("done");
    expect(await ecr.images.getManifest(repository, "latest")).toMatchObject({
      digest: list.digest,
      mediaType: list.mediaType,
    });
  });

  test("a tag that is frozen stays, and a release says so; repeating the release is fine", async () => {
    await push(repository, "main", "new");
    await push(repository, "v1.0", "old");
    ecr.world.repositories.set(repository, {
      mutability: "MUTABLE_WITH_EXCLUSION",
      exclusions: ["v*", "sha-*"],
    });
    const registry = registryAs();
    await expect(registry.retag(repository, "main", "v1.0")).rejects.toThrow(
      /v1\.0 is immutable and names another image/,
    );
    expect(await registry.retag(repository, "main", "v1.1")).toBe("done");
    expect(await registry.retag(repository, "main", "v1.1")).toBe("done");
    expect(await registry.retag(repository, "main", "latest")).toBe("done");
  });

  test.for([
    ["ReferencedImagesNotFoundException", /push it again with all its platforms/, false],
    ["ThrottlingException", /ThrottlingException: planned/, true],
    ["ServerException", /ServerException: planned/, true],
    ["InvalidParameterException", /InvalidParameterException: planned/, false],
    ["AccessDeniedException", /planned\. Deploy again/, false],
  ] as const)(
    "PutImage rejected with %s is an error to act on",
    async ([type, message, retryable]) => {
      await push(repository, "main", type);
      const rejection = new EcrRejection(type, "planned", type === "ServerException" ? 500 : 400);
      ecr.world.failures.push({ action: "PutImage", rejection });
      const retagged = registryAs().retag(repository, "main", "latest");
      await expect(retagged).rejects.toThrow(RegistryError);
      await expect(retagged).rejects.toThrow(message);
      await expect(retagged).rejects.toMatchObject({ retryable });
      expect(ecr.world.failures).toEqual([]);
    },
  );

  test("a registry that is away is an error that may pass", async () => {
    const listing = registryAs(serviceRole, `http://127.0.0.1:${await freePort()}`).listTags("a/b");
    await expect(listing).rejects.toMatchObject({ name: "RegistryError", retryable: true });
    await expect(listing).rejects.toThrow(/ECR does not answer/);
  });

  test("a build's role reaches its own repositories only, and one for pulling changes none", async () => {
    await push(repository, "main", "mine");
    await push("shop/theirs", "main", "theirs");
    const own = registryAs({ name: "build", access: "push", buildRepo: repository });
    const pull = registryAs({ name: "build-pull", access: "pull", buildRepo: repository });
    expect(await own.retag(repository, "main", "latest")).toBe("done");
    await expect(own.retag("shop/theirs", "main", "latest")).rejects.toThrow(/not authorized/);
    expect(await pull.listTags(repository)).toHaveLength(2);
    await expect(pull.retag(repository, "main", "other")).rejects.toThrow(/not authorized/);
  });

  test("a job gets no secret of the service, but a word to ask for the token itself", async () => {
    const job = { project: "shop/app", jobToken: "job-token", canPush: true };
    const [one, two] = [
      await registryAs().jobCredentials(job),
      await registryAs().jobCredentials(job),
    ];
    expect(one).toMatchObject({
      username: "AWS",
      fromRole: { kind: "ecr", region: "eu-central-1" },
    });
    expect(one.password).not.toBe(two.password);
    expect(ecr.world.calls).not.toContain("GetAuthorizationToken");
  });
});
