import { createHash, randomUUID } from "node:crypto";

export type S3Object = { readonly bytes: Buffer; readonly etag: string; readonly changedAt: Date };

export type S3Request = {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

export type S3Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
};

export function failure(status: number, code: string): S3Answer {
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  };
}

/** One bucket: whole objects with conditions and ranges, lists by page, uploads in parts. */
export function bucketOfObjects(options: { readonly pageSize: number }): {
  readonly objects: Map<string, S3Object>;
  readonly uploads: Map<string, Map<number, Buffer>>;
  readonly answer: (request: S3Request) => S3Answer;
} {
  const objects = new Map<string, S3Object>();
  const uploads = new Map<string, Map<number, Buffer>>();

  function store(key: string, bytes: Buffer): S3Answer {
    const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    objects.set(key, { bytes, etag, changedAt: new Date() });
    return { status: 200, headers: { etag } };
  }

  function put({ key, headers, body }: S3Request): S3Answer {
    const present = objects.get(key);
    if (headers["if-none-match"] === "*" && present) return failure(412, "PreconditionFailed");
    const match = headers["if-match"];
    if (match !== undefined && present === undefined) return failure(404, "NoSuchKey");
    if (match !== undefined && present?.etag !== match) return failure(412, "PreconditionFailed");
    return store(key, body);
  }

  function get({ key, headers, method, query }: S3Request): S3Answer {
    const object = objects.get(key);
    if (object === undefined) return failure(404, "NoSuchKey");
    const { bytes, etag } = object;
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(headers.range ?? ""));
    const from = Number(range?.[1] ?? 0);
    if (range && from >= bytes.length) return failure(416, "InvalidRange");
    const part = range ? bytes.subarray(from, Number(range[2]) + 1) : bytes;
    const disposition = query.get("response-content-disposition");
    return {
      status: range ? 206 : 200,
      headers: {
        etag,
        "content-length": String(part.length),
        "content-type": query.get("response-content-type") ?? "binary/octet-stream",
        ...(disposition === null ? {} : { "content-disposition": disposition }),
      },
      ...(method === "HEAD" ? {} : { body: part }),
    };
  }

  function list(query: URLSearchParams): S3Answer {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const keys = [...objects.keys()]
      .filter(
        (key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0,
      )
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const page = keys.slice(0, options.pageSize);
    const more = keys.length > page.length;
    const contents = page.map((key) => {
      const object = objects.get(key);
      return `<Contents><Key>${escaped(key)}</Key><ETag>${escaped(object?.etag ?? "")}</ETag><Size>${object?.bytes.length}</Size>${lastModified(object)}</Contents>`;
    });
    const next = more
      ? `<NextContinuationToken>${escaped(page.at(-1) ?? "")}</NextContinuationToken>`
      : "";
    return xml(
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
    );
  }

  function deleteMany(body: Buffer): S3Answer {
    for (const [, key = ""] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) {
      objects.delete(unescaped(key));
    }
    return xml("<DeleteResult></DeleteResult>");
  }

  function upload({ method, key, query, body }: S3Request): S3Answer {
    if (query.has("uploads")) {
      const id = randomUUID();
      uploads.set(id, new Map());
      return xml(
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    const id = query.get("uploadId") ?? "";
    const parts = uploads.get(id);
    if (parts === undefined) return failure(404, "NoSuchUpload");
    if (method === "PUT") {
      parts.set(Number(query.get("partNumber")), body);
      return {
        status: 200,
        headers: { etag: `"${createHash("md5").update(body).digest("hex")}"` },
      };
    }
    uploads.delete(id);
    if (method === "DELETE") return { status: 204 };
    const ordered = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    const tooSmall = ordered.slice(0, -1).some((bytes) => bytes.length < 5 * 1024 * 1024);
    if (tooSmall) return failure(400, "EntityTooSmall");
    store(key, Buffer.concat(ordered));
    return xml(
      `<CompleteMultipartUploadResult><Key>${escaped(key)}</Key></CompleteMultipartUploadResult>`,
    );
  }

  return {
    objects,
    uploads,
    answer: (request) => {
      const { method, key, query, body } = request;
      if (query.has("uploads") || query.has("uploadId")) return upload(request);
      if (key === "" && method === "GET") return list(query);
      if (key === "" && method === "POST" && query.has("delete")) return deleteMany(body);
      if (method === "PUT") return put(request);
      if (method === "GET" || method === "HEAD") return get(request);
      if (method === "DELETE") {
        objects.delete(key);
        return { status: 204 };
      }
      return failure(405, "MethodNotAllowed");
    },
  };
}

function xml(body: string): S3Answer {
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** Whole seconds, as in the example of "ListObjectsV2" in the Amazon S3 API Reference. */
function lastModified(object: S3Object | undefined): string {
  const at = object?.changedAt.toISOString().replace(/\.\d+Z$/, ".000Z");
  return at === undefined ? "" : `<LastModified>${at}</LastModified>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function unescaped(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
