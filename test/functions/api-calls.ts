import * as z from "zod/mini";
import { createApp } from "#functions/http/app.ts";
import { errorsOf } from "#functions/http/documents/errors-of.ts";
import { operations } from "#functions/http/documents/operations.ts";
import type { Operation } from "#functions/http/operation/operation.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { errorStatuses } from "#service/error-code.ts";
import { schemas } from "#service/view/schema/schemas.ts";
import { keysOutOfStyle } from "./snake-case.ts";

type RawBody = NonNullable<RequestInit["body"]>;

export type Call = {
  /** By name; those that the path does not have go into the query. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly body?: RawBody | Readonly<Record<string, unknown>>;
  readonly headers?: NonNullable<RequestInit["headers"]>;
  /** Undefined: the access token that is valid. */
  readonly token?: string;
  readonly service?: ServiceDeps;
};

/** Calls operations by their names, and notes which of their answers came. */
export function apiCalls(service: ServiceDeps, accessToken: string) {
  const seen = new Set<string>();
  return {
    seen,
    /** Gives the answer, after having held it against what the documents say of it. */
    call: async (id: string, call: Call = {}): Promise<unknown> => {
      const operation = operations.find((each) => each.id === id);
      if (operation === undefined) throw new Error(`There is no operation ${id}.`);
      const app = createApp({ service: call.service ?? service, mayReadPages: async () => true });
      const response = await app.request(addressOf(operation, call), {
        method: operation.method,
        headers: headersOf(operation, call, accessToken),
        ...(call.body !== undefined && { body: bodyOf(call.body) }),
      });
      const answer = await answerOf(operation, response);
      seen.add(`${id} ${answer.name}`);
      return answer.value;
    },
  };
}

/** Every answer that the documents promise: operation and status, or operation and code. */
export function promisedAnswers(): readonly string[] {
  return operations.flatMap((operation) => [
    ...operation.answers.map(({ status }) => `${operation.id} ${status}`),
    ...errorsOf(operation).map((code) => `${operation.id} ${code}`),
  ]);
}

function addressOf({ path }: Operation, { parameters = {} }: Call): string {
  const query = new URLSearchParams();
  let address = path.replaceAll(/\{[^}]*\}/g, "");
  for (const [name, value] of Object.entries(parameters)) {
    if (address.includes(`:${name}`)) {
      const part = String(value).split("/").map(encodeURIComponent).join("/");
      address = address.replace(`:${name}`, part);
    } else query.set(name, String(value));
  }
  return query.size === 0 ? address : `${address}?${query}`;
}

function headersOf({ caller }: Operation, call: Call, accessToken: string): Headers {
  const headers = new Headers(call.headers);
  if (caller === "access_token") {
    headers.set("authorization", `Bearer ${call.token ?? accessToken}`);
  }
  if (caller === "job_token") headers.set("job-token", call.token ?? "");
  return headers;
}

function bodyOf(body: NonNullable<Call["body"]>): RawBody {
  const isRaw = typeof body === "string" || ArrayBuffer.isView(body);
  return isRaw ? body : JSON.stringify(body);
}

async function answerOf(operation: Operation, response: Response) {
  const success = operation.answers.find(({ status }) => status === response.status);
  if (success !== undefined && "file" in success) {
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    if (!success.file.includes(type)) throw new Error(`${operation.id} answered a ${type}.`);
    return { name: String(response.status), value: await response.text() };
  }
  const value: unknown = await response.json();
  const wrong = keysOutOfStyle(value);
  if (wrong.length > 0) throw new Error(`${operation.id} answered with the keys ${wrong}.`);
  if (success !== undefined) {
    z.parse(schemas[success.json], value);
    return { name: String(response.status), value };
  }
  const { code } = z.parse(schemas.Error, value);
  if (!errorsOf(operation).includes(code) || errorStatuses[code] !== response.status)
    throw new Error(`${operation.id} answered ${response.status} ${JSON.stringify(value)}.`);
  return { name: code, value };
}
