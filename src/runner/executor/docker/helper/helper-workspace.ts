import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { type FailureReason, JobFailure } from "../../../job-failure.ts";
import type { Log } from "../../../trace/trace.ts";
import type { JobPaths } from "../../variables.ts";
import type { Workspace } from "../../workspace.ts";
import type { Frame } from "./frames.ts";
import type { Helper } from "./helper-container.ts";
import { type HelperRequest, readFailure, readLine, readResult } from "./requests.ts";

/** No archive of a job is larger; the runner's disk is not the job's to fill. */
const LARGEST_ARCHIVE = 20 * 1024 ** 3;
const DISCARD_MILLISECONDS = 30_000;

type Action = HelperRequest extends infer Request
  ? Request extends HelperRequest
    ? Omit<Request, "paths">
    : never
  : never;

type Call = {
  readonly action: Action;
  readonly signal: AbortSignal;
  readonly log?: Log;
  /** A file that goes along. */
  readonly archive?: string;
  /** A file to be written, made when its first piece comes. */
  readonly target?: string;
};

/**
 * A workspace that a helper's container works in. The container is started when it is first needed, and ended
 * where a call is given up: whoever calls next gets a new one.
 */
export function helperWorkspace(paths: JobPaths, start: () => Promise<Helper>): Workspace {
  let running: Promise<Helper> | undefined;

  async function call(one: Call, again = false): Promise<number> {
    const { signal } = one;
    signal.throwIfAborted();
    running ??= start();
    const starting = running;
    const onStop = () => void end();
    signal.addEventListener("abort", onStop, { once: true });
    try {
      return await ask(await starting, paths, one);
    } catch (error) {
      await end();
      signal.throwIfAborted();
      // Gone before it was asked: killed with other containers, or by an engine that was started anew.
      if (error instanceof HelperGone && error.silent && !again) return await call(one, true);
      throw error instanceof HelperGone
        ? new JobFailure("runner_system_failure", error.message)
        : error;
    } finally {
      signal.removeEventListener("abort", onStop);
    }
  }

  async function end(): Promise<void> {
    const ending = running;
    running = undefined;
    const helper = await ending?.catch(() => undefined);
    await (await helper?.close())?.removed;
  }

  return {
    prepare: async (files, signal) => {
      await call({ action: { action: "prepare", files }, signal });
    },
    getSources: async (sources, log, signal) => {
      await call({ action: { action: "get_sources", sources }, signal, log });
    },
    unpack: (archive, signal) => call({ action: { action: "unpack" }, signal, archive }),
    pack: async (pack, target, log, signal) => {
      const count = await call({ action: { action: "pack", pack }, signal, log, target });
      return count === 0 ? undefined : (await stat(target)).size;
    },
    rest: (more) => {
      if (!more) void end();
    },
    discard: async () => {
      const signal = AbortSignal.timeout(DISCARD_MILLISECONDS);
      await call({ action: { action: "discard" }, signal }).catch(() => undefined);
    },
    close: end,
  };
}

async function ask(helper: Helper, paths: JobPaths, call: Call): Promise<number> {
  const { action, archive, target, log } = call;
  const request = { ...action, paths } satisfies HelperRequest;
  const asking = send(helper, request, archive);
  asking.catch(() => undefined);
  const file = target === undefined ? undefined : lazyFile(target);
  let silent = true;
  try {
    for (;;) {
      const frame = await helper.receive();
      if (frame === undefined) throw new HelperGone(helper, silent);
      silent = false;
      if (frame.kind === "D" && file !== undefined) await file.write(frame.body);
      else if (frame.kind === "O") log?.output(frame.body);
      else if (frame.kind === "L") showLine(frame, log);
      else if (frame.kind === "F") throw failed(frame);
      else if (frame.kind === "R") {
        await asking;
        return readResult(frame.body);
      } else throw new HelperGone(helper, silent);
    }
  } finally {
    await file?.close();
  }
}

async function send(
  helper: Helper,
  request: HelperRequest,
  archive: string | undefined,
): Promise<void> {
  await helper.send("Q", JSON.stringify(request));
  if (archive === undefined) return;
  for await (const piece of createReadStream(archive, { highWaterMark: 256 * 1024 })) {
    await helper.send("D", piece);
  }
  await helper.send("E");
}

function lazyFile(path: string) {
  let stream: Writable | undefined;
  let size = 0;
  return {
    write: async (bytes: Buffer) => {
      size += bytes.length;
      if (size > LARGEST_ARCHIVE) throw new Error("the archive is larger than 20 GiB");
      stream ??= createWriteStream(path, { flags: "wx", mode: 0o600 });
      const opened = stream;
      await new Promise<void>((resolve, reject) => {
        opened.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    },
    close: async () => {
      if (stream === undefined) return;
      stream.end();
      await finished(stream).catch(() => undefined);
    },
  };
}

function showLine(frame: Frame, log: Log | undefined): void {
  const line = readLine(frame.body);
  if (line !== undefined) log?.[line.level](line.text);
}

function failed(frame: Frame): Error {
  const { reason, message, exitCode } = readFailure(frame.body);
  const known = REASONS.find((one) => one === reason);
  if (known === undefined) return new Error(message);
  return new JobFailure(known, message, exitCode === undefined ? {} : { exitCode });
}

const REASONS: readonly FailureReason[] = [
  "script_failure",
  "runner_system_failure",
  "job_execution_timeout",
  "image_pull_failure",
  "unknown_failure",
];

/** A helper that ended, or says what it must not, before it had done its work. */
class HelperGone extends Error {
  override readonly name = "HelperGone";
  /** Whether it had said nothing yet. */
  readonly silent: boolean;
  constructor(helper: Helper, silent: boolean) {
    const words = helper.lastWords();
    const end = words === "" ? "." : `: ${words}`;
    super(`The helper for the job's files ended before it had done its work${end}`);
    this.silent = silent;
  }
}
