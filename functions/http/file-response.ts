import { contentDisposition } from "#blobs/content-disposition.ts";
import type { BlobFile } from "#service/artifacts/open-blob.ts";

/** A stored file as the answer to a request: its bytes as they come, or the way to them. */
export function fileResponse(
  file: BlobFile,
  head: { readonly filename: string; readonly contentType: string },
): Response {
  if ("location" in file) {
    // The address is a permission of its own, for minutes.
    return new Response(null, {
      status: 302,
      headers: { location: file.location, "cache-control": "no-store" },
    });
  }
  return new Response(toWebStream(file.stream), {
    headers: {
      "content-type": head.contentType,
      "content-length": String(file.sizeBytes),
      "content-disposition": contentDisposition(head.filename),
      "x-content-type-options": "nosniff",
    },
  });
}

/** Pulls from the source only as fast as the reader takes; ends it when the reader goes away. */
function toWebStream(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}
