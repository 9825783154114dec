import type { Readable, Writable } from "node:stream";
import { terminalText } from "#terminal/readable.ts";
import { send } from "./git-stream.ts";

export type PushedRef = { readonly ref: string; readonly before: string; readonly after: string };

export type PushReport = {
  /** Only refs that were really updated, in the order pushed. */
  readonly refs: readonly PushedRef[];
  /** As typed after `git push -o`. */
  readonly pushOptions: readonly string[];
};

const largestReport = 32 * 1024 * 1024;

/** What the post-receive hook says, or undefined where the push updated nothing and no hook ran. */
export async function readPushReport(hook: Readable): Promise<PushReport | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    hook.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > largestReport) reject(new Error("The push names more refs than can be handled."));
      // Every record ends with NUL, so only such a chunk can be the last.
      else if (chunk.at(-1) === 0) {
        const report = parseReport(Buffer.concat(chunks).toString("utf8"));
        if (report !== undefined) resolve(report);
      }
    });
    hook.on("error", reject);
    hook.on("close", () => resolve(undefined));
  });
}

/** Undefined while more is to come. */
function parseReport(text: string): PushReport | undefined {
  const [lines = "", count, ...options] = text.split("\0");
  if (count === undefined || options.length !== Number(count) + 1) return undefined;
  const refs = lines.split("\n").flatMap((line) => {
    const [, before, after, ref] = /^([0-9a-f]+) ([0-9a-f]+) (.+)$/.exec(line) ?? [];
    return before && after && ref ? [{ ref, before, after }] : [];
  });
  return { refs, pushOptions: options.slice(0, -1) };
}

/**
 * Sends text to the pusher as it comes. It is read to its end even when nobody listens any more,
 * because producing it is what handles the push. Nothing in it steers the pusher's terminal: git passes on what it gets.
 */
export async function answerPush(hook: Writable, text: AsyncIterable<string>): Promise<void> {
  for await (const part of text) {
    await send(hook, terminalText(part, { colors: true, end: true }).text);
  }
}
