import { type ErrorCode, errorStatuses } from "#service/error-code.ts";
import { errorView } from "#service/view/error-view.ts";

/** An answer that is an error; the message is for people. */
export function refuse(code: ErrorCode, message: string): Response {
  return Response.json(errorView(code, message), { status: errorStatuses[code] });
}
