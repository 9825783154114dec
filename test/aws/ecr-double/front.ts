import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { DistributionApi } from "#registry/distribution-api.ts";
import { digestOf } from "#registry/manifest.ts";
import {
  authorize,
  EcrRejection,
  type EcrRole,
  type EcrWorld,
  isImmutable,
  repositoryOf,
} from "./world.ts";

/** What of the registry's HTTP API a request is, and the action of ECR that it needs. */
function readPath(method: string, path: string) {
  const [, repository, kind, rest] =
    /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
  if (repository === undefined || kind === undefined) return undefined;
  const reads = method === "GET" || method === "HEAD";
  const action =
    kind === "tags"
      ? "ListImages"
      : kind === "manifests"
        ? reads
          ? "BatchGetImage"
          : "PutImage"
        : reads
          ? "GetDownloadUrlForLayer"
          : "InitiateLayerUpload";
  const tag =
    kind === "manifests" && !reads && !rest?.startsWith("sha256:") ? (rest ?? "") : undefined;
  return { repository, action, reads, tag };
}

export type FrontOptions = {
  readonly world: EcrWorld;
  readonly api: DistributionApi;
  readonly registryPort: () => Promise<number>;
  /** A token of the real registry for all of one repository. */
  readonly tokenFor: (repository: string) => Promise<string>;
};

/** The registry itself: only ECR's own tokens open it, each for the repositories of its role. */
export async function answerRegistry(
  options: FrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await forward(options, request, response);
  } catch (error) {
    if (!(error instanceof EcrRejection)) throw error;
    const body = JSON.stringify({ errors: [{ code: error.type, message: error.message }] });
    const challenge = { "www-authenticate": `Basic realm="ecr",service="ecr.amazonaws.com"` };
    response.writeHead(error.status, {
      "content-type": "application/json",
      "docker-distribution-api-version": "registry/2.0",
      ...(error.status === 401 ? challenge : {}),
    });
    response.end(body);
    request.resume();
  }
}

async function forward(
  { world, api, registryPort, tokenFor }: FrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const role = roleOf(world, request.headers.authorization);
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", "http://registry");
  const parsed = readPath(method, url.pathname);
  if (parsed === undefined) {
    if (/^\/v2\/?$/.test(url.pathname)) response.writeHead(200).end("{}");
    else response.writeHead(404).end();
    return;
  }
  const { repository, action, reads, tag } = parsed;
  authorize(world, role, action, repository, { type: "DENIED", status: 403 });
  const settings = repositoryOf(world, repository, { create: !reads });
  if (settings === undefined) {
    throw new EcrRejection(
      "NAME_UNKNOWN",
      `The repository with name '${repository}' does not exist in the registry with id '${world.account}'`,
      404,
    );
  }
  let body: Buffer | undefined;
  if (tag !== undefined) {
    body = await readAll(request);
    const before = await api.getManifest(repository, tag);
    if (before && before.digest !== digestOf(body) && isImmutable(settings, tag)) {
      throw new EcrRejection(
        "TAG_INVALID",
        `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the tag is immutable.`,
      );
    }
  }
  // Layers of another repository are not mounted, unless an account asks for it.
  url.searchParams.delete("mount");
  url.searchParams.delete("from");
  const upstream = httpRequest({
    host: "127.0.0.1",
    port: await registryPort(),
    method,
    path: `${url.pathname}${url.search}`,
    headers: { ...request.headers, authorization: `Bearer ${await tokenFor(repository)}` },
    agent: false,
  });
  upstream.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => undefined);
  });
  upstream.on("error", () => response.destroy());
  if (body === undefined) pipeline(request, upstream, () => undefined);
  else upstream.end(body);
}

function roleOf(world: EcrWorld, authorization: string | undefined): EcrRole {
  const [, encoded = ""] = /^basic +(\S+)$/i.exec(authorization ?? "") ?? [];
  const credentials = Buffer.from(encoded, "base64").toString();
  const token = credentials.startsWith("AWS:") ? world.tokens.get(credentials.slice(4)) : undefined;
  if (token === undefined) throw new EcrRejection("UNAUTHORIZED", "Not Authorized", 401);
  if (token.expiresAt < Date.now()) {
    throw new EcrRejection(
      "DENIED",
      "Your authorization token has expired. Reauthenticate and try again.",
      403,
    );
  }
  return token.role;
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
