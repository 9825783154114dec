import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";

export type ReceivedFile = { readonly name: string; readonly stream: AsyncIterable<Uint8Array> };

/**
 * Hands the file in one field of a multipart form to `take`, as it comes. The stream ends only when the
 * whole form was there; a form that breaks off makes it fail. What `take` does not read is thrown away.
 */
export async function receiveFile<T>(
  request: Request,
  field: string,
  take: (file: ReceivedFile) => Promise<T>,
): Promise<T | "malformed"> {
  const contentType = request.headers.get("content-type") ?? "";
  if (request.body === null || !/^multipart\/form-data\s*;/i.test(contentType)) return "malformed";
  const form = openForm(contentType);
  if (form === undefined) return "malformed";
  const source = Readable.fromWeb(request.body);
  let taken: Promise<T> | undefined;
  let settled = false;
  form.on("file", (name: string, stream: BusboyFileStream, filename?: string) => {
    if (name !== field) {
      stream.resume();
      return;
    }
    // What went wrong is told by `received`; a stream without a listener would end the process.
    stream.on("error", () => undefined);
    received.catch((error: Error) => stream.destroy(error));
    const done = () => {
      settled = true;
      source.destroy();
      // A form that is there already ends only when its file was read.
      stream.resume();
    };
    taken = take({ name: filename ?? "", stream: whole(stream, received) });
    taken.then(done, done);
  });
  const received = pipeline(source, form);
  const broken = await received.then(
    () => false,
    () => !settled,
  );
  if (taken === undefined) return "malformed";
  if (!broken) return taken;
  return taken.catch(() => "malformed" as const);
}

function openForm(contentType: string): BusboyInstance | undefined {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      limits: { files: 1, fields: 20, fieldSize: 10_000, parts: 30 },
    });
  } catch {
    return undefined;
  }
}

async function* whole(
  stream: AsyncIterable<Uint8Array>,
  received: Promise<void>,
): AsyncGenerator<Uint8Array> {
  yield* stream;
  await received;
}
