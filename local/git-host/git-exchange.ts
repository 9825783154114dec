import type { IncomingMessage, ServerResponse } from "node:http";
import type { GitSetting } from "#git/environment.ts";
import { type Backend, feedBackend, relayReply, startBackend } from "./git-backend.ts";
import { answerPush, type PushReport, readPushReport } from "./git-push.ts";
import { settleDefaultBranch } from "./git-repository.ts";
import type { GitRequest } from "./git-request.ts";
import { send } from "./git-stream.ts";

export type Exchange = GitRequest & {
  readonly program: string;
  readonly config: readonly GitSetting[];
  readonly root: string;
  readonly directory: string;
  readonly user: string;
  readonly onPush: (report: PushReport, gone: AbortSignal) => AsyncIterable<string>;
  readonly onError: (error: unknown) => void;
};

/** Lets git answer one request; resolves when git has ended, the reply is sent and the push handled. */
export async function exchange(
  request: Exchange,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const advertise = request.step === "advertise";
  const backend = startBackend(
    {
      ...request,
      path: `/${request.project}.git/${advertise ? "info/refs" : request.service}`,
      query: advertise ? `service=${request.service}` : "",
    },
    req,
  );
  const { child } = backend;
  const gone = new AbortController();
  res.on("close", () => {
    if (res.writableFinished) return;
    gone.abort();
    // A push that has arrived is kept and handled; a clone that nobody reads is only work.
    if (request.service === "git-upload-pack") child.kill();
  });
  const ended = endOf(backend);
  feedBackend(child, req);
  const handled = handlePush(request, backend, gone.signal);
  const replied = await relayReply(child.stdout, res);
  const failure = await ended;
  await handled;
  if (!replied && !res.headersSent) res.statusCode = 500;
  res.end();
  if (failure !== undefined && !gone.signal.aborted) request.onError(failure);
}

async function handlePush(
  { directory, onPush, onError }: Exchange,
  { fromHook, toHook }: Backend,
  gone: AbortSignal,
): Promise<void> {
  try {
    const report = await readPushReport(fromHook);
    if (report === undefined) return;
    await settleDefaultBranch(directory, report.refs);
    await answerPush(toHook, onPush(report, gone));
  } catch (error) {
    onError(error);
    await send(
      toHook,
      "Your commits are stored, but something went wrong after that; see the log.\n",
    );
  } finally {
    toHook.end();
  }
}

/** Resolves once git has ended: with what it complained of, where it failed. */
async function endOf({ child, fromHook, toHook }: Backend): Promise<Error | undefined> {
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    if (complaint.length < 2000) complaint += chunk.toString();
  });
  return new Promise((resolve) => {
    const end = (failure: Error | undefined) => {
      // Git's own housekeeping may live on and hold the other ends open.
      fromHook.destroy();
      toHook.destroySoon();
      resolve(failure);
    };
    child.on("error", (cause) => end(new Error("git http-backend could not be run", { cause })));
    child.on("exit", (code, signal) =>
      end(
        code === 0
          ? undefined
          : new Error(`git http-backend ended with ${code ?? signal}: ${complaint.trim()}`),
      ),
    );
  });
}
