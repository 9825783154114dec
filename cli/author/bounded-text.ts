import { createReadStream } from "node:fs";
import { limits } from "#language/limits.ts";

/**
 * The beginning of a file as UTF-8, `-` being standard input: little more than the language's limit on a
 * file, so that the compiler, not the memory, says that it is too large.
 */
export async function readBounded(path: string): Promise<string> {
  const stream: AsyncIterable<Uint8Array | string> =
    path === "-" ? process.stdin : createReadStream(path);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const part = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    chunks.push(part);
    bytes += part.length;
    if (bytes > limits.fileBytes) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
