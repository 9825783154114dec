import { UploadStoodStill } from "#service/artifacts/upload-stood-still.ts";
import type { Log } from "#service/deps.ts";
import { BodyBrokenOff } from "./read-body.ts";
import { refuse } from "./refuse.ts";

/** The answer to a request that could not be handled; what is a fault of the service is in its log. */
export function answerFailure(
  log: Log,
  error: Error,
  request: { readonly method: string; readonly path: string },
): Response {
  if (error instanceof BodyBrokenOff || error instanceof UploadStoodStill)
    return refuse("invalid_request", error.message);
  const { method, path } = request;
  log("error", "request failed", { method, path, cause: error.stack ?? String(error) });
  return refuse("internal_error", "Internal error. It is in the service's log.");
}
