/** The client was gone before all of its body had come: nobody is left to answer, and the service has no fault. */
export class BodyBrokenOff extends Error {
  override readonly name = "BodyBrokenOff";
}

/** The body as it comes; throws `BodyBrokenOff` where it ends too early. */
export async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const chunks = request.body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await chunks.next().catch((cause: unknown) => {
        throw new BodyBrokenOff("The body broke off.", { cause });
      });
      if (done === true) return;
      yield value;
    }
  } finally {
    await chunks.return?.();
  }
}

/** The raw body, or "too_large" as soon as more than the limit has come. */
export async function readBody(
  request: Request,
  limitBytes: number,
): Promise<Uint8Array | "too_large"> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limitBytes) return "too_large";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(request)) {
    length += chunk.byteLength;
    if (length > limitBytes) return "too_large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
