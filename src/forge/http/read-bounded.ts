import { ForgeError } from "../forge.ts";

/** Reads the body as text, up to a limit. Throws a `ForgeError` that is not retryable if the body is larger. */
export async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new ForgeError(
        `The forge's answer is larger than the ${maxBytes} bytes that are read of it.`,
        { retryable: false },
      );
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
