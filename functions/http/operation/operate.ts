import type { Context, Hono } from "hono";
import * as z from "zod/mini";
import type { ErrorCode } from "#service/error-code.ts";
import type { AnswerOf, SchemaName } from "#service/view/schema/schemas.ts";
import { readBody } from "../read-body.ts";
import { refuse } from "../refuse.ts";
import { noBody, type Operation } from "./operation.ts";

/** An answer that is an error; the message is for people. */
export type Refusal<Code extends ErrorCode = ErrorCode> = {
  readonly refused: Code;
  readonly message: string;
};

const maxBodyBytes = 1_000_000;

/**
 * Serves an operation: reads its parameters and body, refuses what its schemas do not know, and answers what
 * `handle` gives. The types see to it that an answer is what the operation says.
 */
export function operate<
  Parameters extends z.core.$ZodType,
  Body extends z.core.$ZodType,
  Result extends SchemaName,
  Code extends ErrorCode,
>(
  app: Hono,
  operation: Operation<Parameters, Body, Result, Code>,
  handle: (
    input: { readonly parameters: z.output<Parameters>; readonly body: z.output<Body> },
    context: Context,
  ) => Promise<{ readonly body: AnswerOf<Result> } | Refusal<Code> | Response>,
): void {
  app.on(operation.method, operation.path, async (context) => {
    const given = { ...context.req.query(), ...context.req.param() };
    const parameters = z.safeParse(operation.parameters, given);
    if (!parameters.success) return invalid(parameters.error);
    const text = await bodyText(operation, context.req.raw);
    if (text === "too_large")
      return refuse("too_large", `A body has at most ${maxBodyBytes} bytes.`);
    const json = parseJson(text);
    if (json === "malformed") return refuse("invalid_request", "The body is not JSON.");
    const body = z.safeParse(operation.body, json.value);
    if (!body.success) return invalid(body.error);
    const outcome = await handle({ parameters: parameters.data, body: body.data }, context);
    if (outcome instanceof Response) return outcome;
    if ("refused" in outcome) return refuse(outcome.refused, outcome.message);
    return Response.json(outcome.body, { status: operation.answers[0].status });
  });
}

/** Undefined where the operation reads none. */
async function bodyText(operation: Operation, request: Request) {
  if (operation.body === noBody) return undefined;
  const bytes = await readBody(request, maxBodyBytes);
  return bytes === "too_large" ? bytes : { text: new TextDecoder().decode(bytes) };
}

/** No body is the same as an empty object: nothing is said. */
function parseJson(
  read: { readonly text: string } | undefined,
): { readonly value: unknown } | "malformed" {
  if (read === undefined) return { value: undefined };
  if (read.text.trim() === "") return { value: {} };
  try {
    return { value: JSON.parse(read.text) };
  } catch {
    return "malformed";
  }
}

/** Names the first thing that is wrong. */
function invalid({ issues }: z.core.$ZodError): Response {
  const [issue] = issues;
  const name = issue?.path.join(".") ?? "";
  const message = issue?.message ?? "is wrong";
  return refuse(
    "invalid_request",
    name === "" ? `The request ${message}.` : `\`${name}\` ${message}.`,
  );
}
