import type { Hono } from "hono";
import { handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda";
import { errorView } from "#service/view/error-view.ts";
import { withLogFields } from "../log.ts";

export type LambdaAnswer = {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
};

export type LambdaHandler = (event: LambdaEvent, context: LambdaContext) => Promise<LambdaAnswer>;

/** Lambda gives 6 MB at most (Lambda quotas, "Invocation payload"), the answer's other parts included. */
const mostAnswerBytes = 6 * 1024 * 1024 - 16 * 1024;

/**
 * The app behind an HTTP API (payload format 2.0). The only place that knows `hono/aws-lambda`, which Hono 5
 * moves to a package of its own.
 */
export function lambdaHandler(app: Hono): LambdaHandler {
  const answer = handle(app, { isContentTypeBinary: isBinary });
  return (event, context) =>
    withLogFields({ requestId: context.awsRequestId }, async () => {
      const result = await answer(event, context);
      return isTooLarge(result.body) ? tooLarge : result;
    });
}

/** Logs are bytes too: a part of one may begin or end within a character. */
function isBinary(contentType: string): boolean {
  return !/^(?:application\/json|text\/html)\b/i.test(contentType);
}

/** As JSON, a character takes six bytes at most. */
function isTooLarge(body: string): boolean {
  return (
    body.length * 6 > mostAnswerBytes && Buffer.byteLength(JSON.stringify(body)) > mostAnswerBytes
  );
}

const tooLarge: LambdaAnswer = {
  statusCode: 500,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(
    errorView("internal_error", "The answer is over 6 MB, more than a function may give."),
  ),
  isBase64Encoded: false,
};
