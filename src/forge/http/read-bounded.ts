import { ForgeError } from "../forge.ts";

/** The body as text; one that is larger is left unread. Throws `ForgeError`, which asking again cannot help. */
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
