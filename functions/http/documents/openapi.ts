import * as z from "zod/mini";
import { type ErrorCode, errorStatuses } from "#service/error-code.ts";
import { errorMeanings } from "#service/view/schema/error.ts";
import { schemas } from "#service/view/schema/schemas.ts";
import { type Answer, type Caller, noBody, type Operation } from "../operation/operation.ts";
import { errorsOf } from "./errors-of.ts";
import { chapters } from "./operations.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Where the schema of this name stands in the document. */
const reference = (name: string) => `#/components/schemas/${name}`;

/** The API as an OpenAPI 3.1 document, made of the table by which it is served. */
export function openapiDocument(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "Slipway",
      version,
      description:
        "Slipway's own API. GitLab's runner protocol, OpenID Connect and the registry's tokens are specified by others (docs/api.md lists them).",
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: chapters.map(({ title }) => ({ name: title })),
    paths: paths(),
    components: {
      schemas: answerSchemas(),
      securitySchemes: {
        access_token: { type: "http", scheme: "bearer" },
        job_token: { type: "apiKey", in: "header", name: "JOB-TOKEN" },
      },
    },
  };
}

/** Path as OpenAPI has it: `/jobs/:id{[0-9]+}` is `/jobs/{id}`. */
export function templateOf(path: string): string {
  return path.replaceAll(/:(\w{1,100})(?:\{[^}]{0,100}\})?/g, "{$1}");
}

/** The schemas of all answers by name; one refers to another. */
export function answerSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { uri: reference, override: plain });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  );
}

/** The schema of what a request brings along. */
export function inputSchema(schema: z.core.$ZodType): JsonSchema {
  const { $schema, ...made } = z.toJSONSchema(schema, { io: "input", override: plain });
  return made;
}

/** Leaves out what only says that numbers are JavaScript's and that values are not changed. */
function plain({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void {
  delete jsonSchema.readOnly;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function paths() {
  const found: Record<string, Record<string, unknown>> = {};
  for (const { title, operations } of chapters) {
    for (const operation of operations) {
      const path = templateOf(operation.path);
      found[path] = {
        ...found[path],
        [operation.method.toLowerCase()]: { tags: [title], ...describe(operation) },
      };
    }
  }
  return found;
}

function describe(operation: Operation) {
  const { id, summary, caller, path, body } = operation;
  const { properties = {}, required = [] } = inputSchema(operation.parameters);
  return {
    operationId: id,
    summary,
    security: security(caller),
    parameters: Object.entries(properties).map(([name, schema]) => {
      const inPath = path.includes(`:${name}`);
      const { description, ...rest } = typeof schema === "boolean" ? {} : schema;
      return {
        name,
        in: inPath ? "path" : "query",
        required: inPath || required.includes(name),
        ...(description !== undefined && { description }),
        schema: rest,
      };
    }),
    ...(body !== noBody && {
      requestBody: { content: { "application/json": { schema: inputSchema(body) } } },
    }),
    responses: {
      ...Object.fromEntries(operation.answers.map((answer) => [answer.status, success(answer)])),
      ...failures(errorsOf(operation)),
    },
  };
}

function success(answer: Answer) {
  if ("json" in answer) {
    const schema = { $ref: reference(answer.json) };
    return { description: answer.what, content: { "application/json": { schema } } };
  }
  const headers = Object.entries(answer.headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  return {
    description: answer.what,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    content: Object.fromEntries(answer.file.map((type) => [type, {}])),
  };
}

/** Errors by their status. */
function failures(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => errorStatuses[code]))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const own = codes.filter((code) => errorStatuses[code] === status);
      const schema = {
        allOf: [{ $ref: reference("Error") }, { properties: { code: { enum: own } } }],
      };
      const description = own.map((code) => `${code}: ${errorMeanings[code]}`).join(" ");
      return [status, { description, content: { "application/json": { schema } } }];
    }),
  );
}

function security(caller: Caller): readonly Record<string, readonly string[]>[] {
  switch (caller) {
    case "access_token":
    case "job_token":
      return [{ [caller]: [] }];
    case "ticket":
    case "signature":
    case "anyone":
      return [];
  }
}
