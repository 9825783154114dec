import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { packFiles, unpackFiles } from "../archive/pack.ts";
import { encodeFrame, type Frame, readFrames } from "../executor/docker/helper/frames.ts";
import {
  type HelperFailure,
  type HelperLine,
  type HelperRequest,
  LIMITS,
} from "../executor/docker/helper/requests.ts";
import { JobFailure, messageOf } from "../job-failure.ts";
import { checkOut } from "../sources/checkout.ts";
import { emptyDirectory } from "../sources/project-directory.ts";
import type { Log } from "../trace/trace.ts";
import { prepareShared, rememberTracked, type TrackedFiles } from "./local-workspace.ts";

const PIECE_BYTES = 512 * 1024;

/**
 * The helper's side: does in its container, with the rights that container has, what the runner asks for over
 * standard input, one request after the other, until that ends.
 */
export async function serveWorkspace(
  input: AsyncIterable<Buffer>,
  output: Writable,
  shared: readonly string[],
): Promise<void> {
  const frames = readFrames(input, LIMITS.toHelper);
  const log = logTo(output);
  let tracked: TrackedFiles | undefined;
  for (;;) {
    const next = await frames.next();
    if (next.done) return;
    try {
      const request: HelperRequest = JSON.parse(next.value.body.toString("utf8"));
      tracked ??= rememberTracked(request.paths);
      const count = await answer(request, { frames, log, output, shared, tracked });
      output.write(encodeFrame("R", JSON.stringify({ count })));
    } catch (error) {
      output.write(encodeFrame("F", JSON.stringify(failureOf(error))));
    }
  }
}

type Serving = {
  readonly frames: AsyncGenerator<Frame, undefined>;
  readonly log: Log;
  readonly output: Writable;
  readonly shared: readonly string[];
  readonly tracked: TrackedFiles;
};

/** A runner that wants no answer any more ends this process. */
const never = new AbortController().signal;

async function answer(request: HelperRequest, serving: Serving): Promise<number> {
  const { log, output, tracked } = serving;
  const { paths } = request;
  switch (request.action) {
    case "prepare":
      await prepareShared(paths, request.files, serving.shared);
      return 0;
    case "get_sources": {
      const { sha, options, wantsTracked } = request.sources;
      await checkOut(paths, request.sources, log, never);
      if (wantsTracked) await tracked({ sha, strategy: options.strategy }, log, never);
      return 0;
    }
    case "unpack":
      return receive(paths.builds, serving.frames, (archive) => unpackFiles(paths, archive, never));
    case "pack": {
      const of = request.pack.untracked && (await tracked(request.pack.untracked, log, never));
      return packFiles(paths, request.pack, of, () => piecesTo(output), log, never);
    }
    case "discard":
      await emptyDirectory(paths.builds);
      return 0;
  }
}

/** Takes an archive into a file without a name, on the disk of the builds. Reads it to its end in any case. */
async function receive(
  directory: string,
  frames: AsyncGenerator<Frame, undefined>,
  use: (descriptor: number) => Promise<number>,
): Promise<number> {
  const path = join(directory, `.slipway-${randomUUID()}`);
  let failed: unknown;
  const remember = (error: unknown) => {
    failed ??= error;
    return undefined;
  };
  const handle = await open(path, "wx+", 0o600).catch(remember);
  if (handle !== undefined) await rm(path).catch(remember);
  try {
    for (;;) {
      const next = await frames.next();
      if (next.done || next.value.kind !== "D") break;
      if (failed === undefined) await handle?.write(next.value.body).catch(remember);
    }
    if (handle === undefined || failed !== undefined) throw failed;
    return await use(handle.fd);
  } finally {
    await handle?.close();
  }
}

function piecesTo(output: Writable): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      let room = true;
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        room = output.write(encodeFrame("D", chunk.subarray(at, at + PIECE_BYTES)));
      }
      if (room) done();
      else output.once("drain", () => done());
    },
  });
}

function logTo(output: Writable): Log {
  const line = (level: HelperLine["level"]) => (text: string) =>
    void output.write(encodeFrame("L", JSON.stringify({ level, text } satisfies HelperLine)));
  return {
    output: (bytes) => void output.write(encodeFrame("O", bytes)),
    line: line("line"),
    warning: line("warning"),
    error: line("error"),
    // Sections are the runner's.
    sectionStart: () => undefined,
    sectionEnd: () => undefined,
  };
}

function failureOf(error: unknown): HelperFailure {
  const message = messageOf(error);
  if (!(error instanceof JobFailure)) return { message };
  const { reason, exitCode } = error;
  return { reason, message, ...(exitCode !== undefined && { exitCode }) };
}
