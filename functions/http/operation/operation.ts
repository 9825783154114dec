import * as z from "zod/mini";
import type { ErrorCode } from "#service/error-code.ts";
import type { SchemaName } from "#service/view/schema/schemas.ts";

type Schema = z.core.$ZodType;

/** Who may call, by what the request brings along. */
export type Caller =
  /** `Authorization: Bearer TOKEN`. */
  | "access_token"
  /** `JOB-TOKEN: TOKEN`, of a job that runs. */
  | "job_token"
  /** The ticket in the body, once. */
  | "ticket"
  /** A webhook's signature, or its secret. */
  | "signature"
  | "anyone";

/** What an operation answers when it succeeds: JSON by the schema of a name, or a file as it comes. */
export type Answer<Result extends SchemaName = SchemaName> = {
  readonly status: 200 | 201 | 202;
  readonly what: string;
} & (
  | { readonly json: Result }
  | {
      /** Media types. */
      readonly file: readonly string[];
      /** The answer's headers that mean something, by name. */
      readonly headers?: Readonly<Record<string, string>>;
    }
);

/** One request of the API: how it is called, and all that it can answer. */
export type Operation<
  Parameters extends Schema = Schema,
  Body extends Schema = Schema,
  Result extends SchemaName = SchemaName,
  Code extends ErrorCode = ErrorCode,
> = {
  /** Its name in the OpenAPI document. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT";
  /** As Hono has it, with names of parameters: `/api/slipway/jobs/:id{[0-9]+}`. */
  readonly path: string;
  readonly summary: string;
  readonly caller: Caller;
  /** Of the path and the query. */
  readonly parameters: Parameters;
  readonly body: Body;
  /** Other answers of success beside the first have the same body. */
  readonly answers: readonly [Answer<Result>, ...Answer<Result>[]];
  /** Beside those that follow from the caller, the parameters and the body. */
  readonly errors: readonly Code[];
};

/** Of an operation that takes no parameters. */
export const noParameters = z.object({});
/** Of an operation whose body is not read as JSON. */
export const noBody = z.undefined();

/** Gives what it gets, so that the schemas' own types are kept. */
export function operation<
  Parameters extends Schema,
  Body extends Schema,
  const Result extends SchemaName = never,
  const Code extends ErrorCode = never,
>(described: Operation<Parameters, Body, Result, Code>): Operation<Parameters, Body, Result, Code> {
  return described;
}
