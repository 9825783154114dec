/** The raw body, or "too_large" as soon as more than the limit has come. */
export async function readBody(
  request: Request,
  limitBytes: number,
): Promise<Uint8Array | "too_large"> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limitBytes) return "too_large";
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length > limitBytes) return "too_large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
