import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { bucketOfObjects, failure, type S3Answer, type S3Object } from "./objects.ts";
import { credentials, signatureProblem } from "./signature.ts";

export const bucketName = "slipway-test";

export type S3Double = {
  readonly endpoint: string;
  readonly client: S3Client;
  readonly objects: Map<string, S3Object>;
  readonly uploads: Map<string, unknown>;
  /** "METHOD key", in order. */
  readonly requests: string[];
  /** Epoch milliseconds by which addresses run out. */
  now: () => number;
  /** Called before a request is answered; an answer of its own replaces the real one. */
  before: (request: string) => Promise<S3Answer | undefined> | S3Answer | undefined;
  /** Whether the answer to a request that was carried out gets lost on the way. */
  losesAnswer: (request: string) => boolean;
  readonly close: () => Promise<void>;
};

/**
 * S3's API with one bucket, strict where it matters: signatures are checked over what they cover, a body
 * needs its length, conditional writes hold, lists come in pages.
 */
export async function startS3Double(
  options: { readonly pageSize?: number } = {},
): Promise<S3Double> {
  const bucket = bucketOfObjects({ pageSize: options.pageSize ?? 1000 });

  async function answer(request: IncomingMessage, body: Buffer): Promise<S3Answer> {
    const { method = "", url: target = "", headers } = request;
    const [path = "", query = ""] = target.split("?");
    const [, name = "", ...rest] = path.split("/");
    const key = decodeURIComponent(rest.join("/"));
    const title = `${method} ${key}`;
    double.requests.push(title);
    const own = await double.before(title);
    if (own !== undefined) return own;
    const problem = signatureProblem({ method, target, headers, body }, double.now());
    if (problem !== undefined) return failure(403, problem);
    if (name !== bucketName) return failure(404, "NoSuchBucket");
    if (method === "PUT" && headers["content-length"] === undefined) {
      return failure(411, "MissingContentLength");
    }
    return bucket.answer({ method, key, query: new URLSearchParams(query), headers, body });
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, headers = {}, body = "" } = await answer(request, Buffer.concat(chunks));
    if (double.losesAnswer(double.requests.at(-1) ?? "")) request.socket.destroy();
    else response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ endpoint, region: "eu-west-1", forcePathStyle: true, credentials });
  const double: S3Double = {
    endpoint,
    client,
    objects: bucket.objects,
    uploads: bucket.uploads,
    requests: [],
    now: Date.now,
    before: () => undefined,
    losesAnswer: () => false,
    close: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return double;
}
