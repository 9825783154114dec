import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes at the reader's pace; returns at once where the reader is gone. */
export async function send(to: Writable, part: string | Uint8Array): Promise<void> {
  if (part.length === 0 || to.destroyed || to.writableEnded || to.write(part)) return;
  const waiting = new AbortController();
  const { signal } = waiting;
  // Whichever comes first ends the wait for the other, else listeners pile up over a long reply.
  await Promise.race([once(to, "drain", { signal }), once(to, "close", { signal })]).catch(
    () => undefined,
  );
  waiting.abort();
}
