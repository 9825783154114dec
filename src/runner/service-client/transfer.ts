import { createReadStream, createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fetchWithRetry, type RetryOptions, sleep } from "../retry.ts";

/** A body that breaks off is asked for again so many times. */
const attempts = 3;

export type TransferRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Loads a file by HTTP, streamed, and again from its start where the connection breaks. A status but 200 leaves no file. */
export async function downloadFile(
  request: TransferRequest,
  target: string,
  options: RetryOptions & { readonly signal: AbortSignal },
): Promise<{ readonly status: number; readonly sizeBytes: number }> {
  for (let attempt = 1; ; attempt++) {
    const response = await follow(request, options);
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      return { status: response.status, sizeBytes: 0 };
    }
    let sizeBytes = 0;
    const count = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        sizeBytes += chunk.length;
        done(undefined, chunk);
      },
    });
    const file = createWriteStream(target, { mode: 0o600 });
    try {
      await pipeline(Readable.fromWeb(response.body), count, file, { signal: options.signal });
      return { status: 200, sizeBytes };
    } catch (error) {
      options.signal.throwIfAborted();
      const isOwnDisk = error instanceof Error && "syscall" in error && error.syscall === "write";
      if (isOwnDisk || attempt >= attempts) throw error;
      await sleep(1_000 * attempt, options.signal);
    }
  }
}

/** A token must not go along to where the service sends us. */
async function follow(
  request: TransferRequest,
  options: RetryOptions & { readonly signal: AbortSignal },
): Promise<Response> {
  const { url, headers } = request;
  const response = await fetchWithRetry(url, { headers, redirect: "manual" }, options);
  const location = response.headers.get("location");
  if (response.status < 300 || response.status > 399 || location === null) return response;
  await response.body?.cancel();
  return fetchWithRetry(new URL(location, url).href, {}, options);
}

export type Upload = {
  readonly file: string;
  readonly sizeBytes: number;
  /** With a field, the file goes as a multipart form; else as it is. */
  readonly form?: { readonly field: string; readonly filename: string };
};

export type TransferAnswer = { readonly status: number; readonly message: string };

/** Sends a file and gives the answer, its body read. */
export async function uploadFile(
  method: "POST" | "PUT",
  request: TransferRequest,
  upload: Upload,
  options: RetryOptions & { readonly signal: AbortSignal },
): Promise<TransferAnswer> {
  const { before, after, contentType } = envelope(upload.form);
  const length = before.length + upload.sizeBytes + after.length;
  const response = await fetchWithRetry(
    request.url,
    () => ({
      method,
      headers: {
        ...request.headers,
        "content-type": contentType,
        "content-length": String(length),
      },
      body: Readable.toWeb(Readable.from(parts(before, upload.file, after), { objectMode: false })),
      duplex: "half",
    }),
    options,
  );
  return { status: response.status, message: await messageIn(response) };
}

/** What the service says about an answer that is no success: `message` as GitLab, `error` in Slipway's own API. */
export async function messageIn(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body === "object" && body !== null) {
    if ("message" in body) return String(body.message);
    if ("error" in body) return String(body.error);
  }
  return `${response.status} ${response.statusText}`;
}

function envelope(form: Upload["form"]) {
  if (form === undefined) {
    const nothing = Buffer.alloc(0);
    return { before: nothing, after: nothing, contentType: "application/octet-stream" };
  }
  const boundary = `slipway-${crypto.randomUUID()}`;
  const filename = form.filename.replaceAll(/["\\\r\n]/g, "_");
  return {
    before: Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${form.field}"; filename="${filename}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    ),
    after: Buffer.from(`\r\n--${boundary}--\r\n`),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

async function* parts(before: Buffer, file: string, after: Buffer): AsyncGenerator<Buffer> {
  if (before.length > 0) yield before;
  yield* createReadStream(file, { highWaterMark: 256 * 1024 });
  if (after.length > 0) yield after;
}
