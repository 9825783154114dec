import type { IncomingMessage, ServerResponse } from "node:http";
import type { DistributionApi } from "#registry/distribution-api.ts";
import { acceptedManifests, digestOf } from "#registry/manifest.ts";
import { type Registry, RegistryError } from "#registry/registry.ts";
import { accessKeyOf, isSignedWith } from "./sig-v4.ts";
import {
  authorize,
  EcrRejection,
  type EcrWorld,
  isImmutable,
  issueToken,
  repositoryOf,
} from "./world.ts";

const target = "AmazonEC2ContainerRegistry_V20150921.";

/** The images behind the API: the real registry, by its own API and by ours. */
export type ImageStore = { readonly api: DistributionApi; readonly registry: Registry };

type Input = Readonly<Record<string, unknown>>;

/** Answers one call of ECR's API (awsJson1.1): checks its signature, its role's rights, then does it. */
export async function answerApi(
  world: EcrWorld,
  images: ImageStore,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const answer = await carryOut(world, images, request, body).then(
    (value) => ({ status: 200, value }),
    (error: unknown) => {
      if (!(error instanceof EcrRejection)) throw error;
      return { status: error.status, value: { __type: error.type, message: error.message } };
    },
  );
  response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify(answer.value));
}

async function carryOut(
  world: EcrWorld,
  images: ImageStore,
  request: IncomingMessage,
  body: Buffer,
): Promise<unknown> {
  const name = String(request.headers["x-amz-target"] ?? "");
  const action = name.startsWith(target) ? name.slice(target.length) : "";
  world.calls.push(action);
  const planned = world.failures.findIndex((failure) => failure.action === action);
  const [failure] = planned < 0 ? [] : world.failures.splice(planned, 1);
  if (failure !== undefined) throw failure.rejection;
  const signed = {
    method: request.method ?? "",
    url: request.url ?? "",
    headers: request.headers,
    body,
  };
  const identity = world.identities.get(accessKeyOf(signed) ?? "");
  if (identity === undefined) {
    throw new EcrRejection(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  }
  if (!isSignedWith(signed, identity.secretAccessKey, Date.now())) {
    throw new EcrRejection(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided.",
    );
  }
  const input: Input = JSON.parse(body.toString() || "{}");
  const repository = textOf(input.repositoryName) || textOf(list(input.repositoryNames)[0]);
  authorize(world, identity.role, action, repository || undefined, {
    type: "AccessDeniedException",
    status: 400,
  });
  switch (action) {
    case "GetAuthorizationToken": {
      const { authorizationToken, expiresAt } = issueToken(world, identity.role);
      const proxyEndpoint = `http://${request.headers.host}`;
      return {
        authorizationData: [{ authorizationToken, expiresAt: expiresAt / 1000, proxyEndpoint }],
      };
    }
    case "DescribeRepositories":
      return { repositories: [described(world, repository)] };
    case "DescribeRepositoryCreationTemplates":
      return {
        repositoryCreationTemplates: world.templates.map(({ prefix, mutability }) => ({
          prefix,
          appliedFor: ["CREATE_ON_PUSH"],
          imageTagMutability: mutability,
        })),
      };
    case "CreateRepository":
      if (world.repositories.has(repository)) {
        throw new EcrRejection("RepositoryAlreadyExistsException", `${repository} exists`);
      }
      world.repositories.set(repository, { mutability: "MUTABLE" });
      return { repository: described(world, repository) };
    case "DescribeImages":
      described(world, repository);
      return describeImages(images, repository, input);
    case "BatchGetImage":
      described(world, repository);
      return batchGetImage(images, repository, input);
    case "PutImage":
      described(world, repository);
      return putImage(world, images, repository, input);
    case "BatchDeleteImage":
      described(world, repository);
      return batchDeleteImage(images, repository, input);
    default:
      throw new EcrRejection("UnknownOperationException", `This double has no ${name}.`);
  }
}

function described(world: EcrWorld, repositoryName: string) {
  if (!world.repositories.has(repositoryName)) {
    throw new EcrRejection(
      "RepositoryNotFoundException",
      `The repository with name '${repositoryName}' does not exist in the registry with id '${world.account}'`,
    );
  }
  return { registryId: world.account, repositoryName };
}

async function describeImages(images: ImageStore, repository: string, input: Input) {
  const byDigest = new Map<string, { imageTags: string[]; imageSizeInBytes: number }>();
  for (const { name, digest, sizeBytes } of await images.registry.listTags(repository)) {
    const image = byDigest.get(digest) ?? { imageTags: [], imageSizeInBytes: sizeBytes };
    image.imageTags.push(name);
    byDigest.set(digest, image);
  }
  const all = [...byDigest].map(([imageDigest, image]) => ({ imageDigest, ...image }));
  // Two a page, whatever a client asks for: nobody may take the first page for all of it.
  const from = Number(textOf(input.nextToken) || "0");
  const rest = from + 2 < all.length ? { nextToken: String(from + 2) } : {};
  return { imageDetails: all.slice(from, from + 2), ...rest };
}

async function batchGetImage(images: ImageStore, repositoryName: string, input: Input) {
  const accepted = list(input.acceptedMediaTypes);
  const found: unknown[] = [];
  const failures: unknown[] = [];
  for (const imageId of list(input.imageIds)) {
    const imageTag = textOf(field(imageId, "imageTag"));
    const reference = imageTag || textOf(field(imageId, "imageDigest"));
    const manifest = await images.api.getManifest(repositoryName, reference);
    if (manifest === undefined) {
      const failureReason = "Requested image not found";
      failures.push({ imageId, failureCode: "ImageNotFound", failureReason });
    } else if (!accepted.includes(manifest.mediaType)) {
      const failureReason = `Manifest is of type ${manifest.mediaType}`;
      failures.push({ imageId, failureCode: "UnsupportedImageType", failureReason });
    } else {
      found.push({
        repositoryName,
        imageId: { imageDigest: manifest.digest, ...(imageTag ? { imageTag } : {}) },
        imageManifest: Buffer.from(manifest.bytes).toString("utf8"),
        imageManifestMediaType: manifest.mediaType,
      });
    }
  }
  return { images: found, failures };
}

async function putImage(world: EcrWorld, images: ImageStore, repository: string, input: Input) {
  const bytes = Buffer.from(textOf(input.imageManifest));
  const digest = digestOf(bytes);
  const imageTag = textOf(input.imageTag);
  const mediaType = textOf(input.imageManifestMediaType);
  if (input.imageDigest !== undefined && input.imageDigest !== digest) {
    throw new EcrRejection("ImageDigestDoesNotMatchException", `The digest is ${digest}`);
  }
  const before = await images.api.getManifest(repository, imageTag);
  if (before?.digest === digest) {
    throw new EcrRejection(
      "ImageAlreadyExistsException",
      `Image with digest '${digest}' and tag '${imageTag}' already exists in the repository`,
    );
  }
  const settings = repositoryOf(world, repository, { create: false });
  if (before !== undefined && settings !== undefined && isImmutable(settings, imageTag)) {
    throw new EcrRejection(
      "ImageTagAlreadyExistsException",
      `The image tag '${imageTag}' already exists in the '${repository}' repository and cannot be overwritten because the tag is immutable.`,
    );
  }
  if (!acceptedManifests.split(", ").includes(mediaType)) {
    throw new EcrRejection("InvalidParameterException", `No media type: ${mediaType}`);
  }
  try {
    await images.api.putManifest(repository, imageTag, { mediaType, bytes, digest });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const isList = /index|list/.test(mediaType);
    throw new EcrRejection(
      isList ? "ReferencedImagesNotFoundException" : "LayersNotFoundException",
      error.message,
    );
  }
  return { image: { repositoryName: repository, imageId: { imageDigest: digest, imageTag } } };
}

async function batchDeleteImage(images: ImageStore, repository: string, input: Input) {
  const imageIds: unknown[] = [];
  const failures: unknown[] = [];
  for (const imageId of list(input.imageIds)) {
    const tag = textOf(field(imageId, "imageTag"));
    if ((await images.registry.deleteTag(repository, tag)) === "done") imageIds.push(imageId);
    else failures.push({ imageId, failureCode: "ImageNotFound", failureReason: "not found" });
  }
  return { imageIds, failures };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
