const HEADER_BYTES = 8;

/** The payloads of an engine's attach stream, standard output and error as they come. */
export async function* demultiplex(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const { bytes } of demultiplexNamed(stream)) yield bytes;
}

export type NamedBytes = { readonly from: "output" | "errors"; readonly bytes: Buffer };

/**
 * The same, each with where it comes from. Docker Engine API: "Attach to a container", stream format: one
 * byte of stream (1 or 2), three of nothing, four of length.
 */
export async function* demultiplexNamed(stream: AsyncIterable<Buffer>): AsyncGenerator<NamedBytes> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerLength = 0;
  let payloadLeft = 0;
  for await (const chunk of stream) {
    let at = 0;
    while (at < chunk.length) {
      if (payloadLeft > 0) {
        const end = Math.min(chunk.length, at + payloadLeft);
        yield { from: header[0] === 2 ? "errors" : "output", bytes: chunk.subarray(at, end) };
        payloadLeft -= end - at;
        at = end;
        continue;
      }
      const copied = chunk.copy(header, headerLength, at, at + HEADER_BYTES - headerLength);
      headerLength += copied;
      at += copied;
      if (headerLength === HEADER_BYTES) {
        payloadLeft = header.readUInt32BE(4);
        headerLength = 0;
      }
    }
  }
}
