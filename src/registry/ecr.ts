import { randomBytes } from "node:crypto";
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  DescribeRepositoryCreationTemplatesCommand,
  type ECRClient,
  type Image,
  type ImageDetail,
  PutImageCommand,
} from "@aws-sdk/client-ecr";
import { parseImageRepository, repositoryFor } from "#image/image-repository.ts";
import { ecrErrorName, toRegistryError } from "./ecr-error.ts";
import { acceptedManifests } from "./manifest.ts";
import { type ImageTag, type Registry, RegistryError } from "./registry.ts";

type Page = {
  readonly imageDetails?: readonly ImageDetail[] | undefined;
  readonly nextToken?: string | undefined;
};

/** A page of `DescribeImages` holds at most this many. */
const imagesPerPage = 1000;

/**
 * Amazon ECR, by its API and with the rights of the service's role: repositories, tags and retags. The
 * service holds no credentials for pushing; a runner asks for them inside its build.
 */
export function ecrRegistry(options: {
  readonly client: ECRClient;
  /** `ACCOUNT.dkr.ecr.REGION.amazonaws.com` */
  readonly host: string;
  readonly region: string;
}): Registry {
  const { client } = options;

  /** ECR's own rejections by name where `expected` knows them, all others as errors of the port. */
  async function call<T>(
    doing: string,
    send: () => Promise<T>,
    expected: Readonly<Record<string, () => T>> = {},
  ): Promise<T> {
    try {
      return await send();
    } catch (error) {
      const name = ecrErrorName(error) ?? "";
      const answer = Object.hasOwn(expected, name) ? expected[name] : undefined;
      if (answer !== undefined) return answer();
      throw toRegistryError(error, doing);
    }
  }

  async function isMadeAtPush(repository: string): Promise<boolean> {
    let nextToken: string | undefined;
    do {
      const page = await call("list its creation templates", () =>
        client.send(new DescribeRepositoryCreationTemplatesCommand({ nextToken })),
      );
      for (const { prefix = "", appliedFor = [] } of page.repositoryCreationTemplates ?? []) {
        const covers = prefix === "ROOT" || repository.startsWith(`${prefix}/`);
        if (covers && appliedFor.includes("CREATE_ON_PUSH")) return true;
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return false;
  }

  async function getImage(repositoryName: string, imageTag: string): Promise<Image | undefined> {
    const { images = [], failures = [] } = await call(
      `read ${repositoryName}:${imageTag}`,
      () =>
        client.send(
          new BatchGetImageCommand({
            repositoryName,
            imageIds: [{ imageTag }],
            // Without these ECR turns lists and OCI manifests into what old clients understand.
            acceptedMediaTypes: acceptedManifests.split(", "),
          }),
        ),
      { RepositoryNotFoundException: () => ({ images: [], $metadata: {} }) },
    );
    const failure = failures.find(({ failureCode }) => failureCode !== "ImageNotFound");
    if (failure !== undefined) {
      throw new RegistryError(
        `The registry could not read ${repositoryName}:${imageTag}: ${failure.failureReason ?? failure.failureCode}`,
        false,
      );
    }
    return images[0];
  }

  return {
    host: options.host,

    jobCredentials: async () => ({
      username: "AWS",
      password: `slipway-registry-password-${randomBytes(16).toString("hex")}`,
      fromRole: { kind: "ecr", region: options.region },
    }),

    ensureRepository: async (name) => {
      const result = repositoryFor(name);
      if (!result.ok) throw new RegistryError(result.message, false);
      const { repository } = result;
      const exists = await call(
        `look for the repository ${repository}`,
        async () => {
          await client.send(new DescribeRepositoriesCommand({ repositoryNames: [repository] }));
          return true;
        },
        { RepositoryNotFoundException: () => false },
      );
      if (exists || (await isMadeAtPush(repository))) return;
      throw new RegistryError(
        `There is no repository ${repository} in ${options.host}: the deployment makes one for every project of slipway.yaml whose registry is on. Run \`npx cdk deploy --all\`.`,
        false,
      );
    },

    listTags: async (name) => {
      const repositoryName = checkedName(name);
      const tags: ImageTag[] = [];
      let nextToken: string | undefined;
      do {
        const page = await call<Page>(
          `list the tags of ${repositoryName}`,
          () =>
            client.send(
              new DescribeImagesCommand({
                repositoryName,
                filter: { tagStatus: "TAGGED" },
                maxResults: imagesPerPage,
                nextToken,
              }),
            ),
          { RepositoryNotFoundException: () => ({}) },
        );
        tags.push(...(page.imageDetails ?? []).flatMap(tagsOf));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return tags.sort((a, b) => (a.name < b.name ? -1 : 1));
    },

    retag: async (name, from, to) => {
      const repositoryName = checkedName(name);
      const image = await getImage(repositoryName, from);
      if (image?.imageManifest === undefined) return "absent";
      const { imageManifest, imageManifestMediaType, imageId } = image;
      await call(
        `point ${repositoryName}:${to} to the image of :${from}`,
        async () => {
          await client.send(
            new PutImageCommand({
              repositoryName,
              imageManifest,
              imageManifestMediaType,
              imageTag: to,
              // So that what was read is what is tagged, byte for byte.
              imageDigest: imageId?.imageDigest,
            }),
          );
        },
        {
          // The tag points there already.
          ImageAlreadyExistsException: () => undefined,
          ImageTagAlreadyExistsException: () => {
            throw new RegistryError(
              `The tag ${repositoryName}:${to} is immutable and names another image: choose another tag, or delete it first.`,
              false,
            );
          },
          ReferencedImagesNotFoundException: () => {
            throw new RegistryError(
              `The list ${repositoryName}:${from} names images that are not in that repository: push it again with all its platforms.`,
              false,
            );
          },
        },
      );
      return "done";
    },

    deleteTag: async (name, tag) => {
      const repositoryName = checkedName(name);
      const answer = await call(
        `delete ${repositoryName}:${tag}`,
        () =>
          client.send(
            new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: tag }] }),
          ),
        { RepositoryNotFoundException: () => ({ imageIds: [], $metadata: {} }) },
      );
      const failure = answer.failures?.find(({ failureCode }) => failureCode !== "ImageNotFound");
      if (failure !== undefined) {
        throw new RegistryError(
          `The registry could not delete ${repositoryName}:${tag}: ${failure.failureReason ?? failure.failureCode}`,
          false,
        );
      }
      return (answer.imageIds ?? []).length > 0 ? "done" : "absent";
    },
  };
}

function checkedName(name: string): string {
  const result = parseImageRepository(name);
  if (!result.ok) throw new RegistryError(result.message, false);
  return result.repository;
}

function tagsOf({ imageDigest, imageTags, imageSizeInBytes }: ImageDetail): ImageTag[] {
  if (imageDigest === undefined) return [];
  return (imageTags ?? []).map((name) => ({
    name,
    digest: imageDigest,
    sizeBytes: imageSizeInBytes ?? 0,
  }));
}
