import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, onTestFinished, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import { apiPage } from "#functions/http/documents/api-page.ts";
import {
  answerSchemas,
  inputSchema,
  openapiDocument,
  templateOf,
} from "#functions/http/documents/openapi.ts";
import { operations } from "#functions/http/documents/operations.ts";
import { pages, protocols } from "#functions/http/documents/other-routes.ts";
import { noBody } from "#functions/http/operation/operation.ts";
import { makeWorld } from "../service/world.ts";
import { keysOutOfStyle, mapsOfNames } from "./snake-case.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { version }: { version: string } = JSON.parse(read("package.json"));

test("docs/api.md and docs/openapi.json are what the code says (otherwise: npm run docs)", () => {
  expect(read("docs/api.md")).toBe(apiPage());
  expect(JSON.parse(read("docs/openapi.json"))).toEqual(openapiDocument(version));
});

test("docs/openapi.json is an OpenAPI 3.1 document", async () => {
  const result = await new Validator().validate(JSON.parse(read("docs/openapi.json")));
  expect(result).toEqual({ valid: true });
});

test("the documents name every route that is served, and none that is not", async () => {
  const world = await makeWorld();
  onTestFinished(() => world.close());
  const app = createApp({
    service: world.deps,
    registryTokens: async () => ({ status: 401, body: {} }),
    mayReadPages: async () => true,
  });
  const served = app.routes.flatMap(({ method, path }) =>
    method === "ALL" ? [] : [`${method} ${path}`],
  );
  const told = [...operations, ...pages, ...protocols].map(
    ({ method, path }) => `${method} ${path}`,
  );
  expect(told.toSorted()).toEqual([...new Set(served)].toSorted());
  const page = read("docs/api.md");
  for (const { method, path } of [...operations, ...pages, ...protocols]) {
    expect(page).toContain(`\`${method} ${templateOf(path)}\``);
  }
});

describe("names are in snake case", () => {
  test.for(Object.entries(answerSchemas()))("in the answer %s", ([, schema]) => {
    expect(keysOutOfStyle(propertiesOf(schema))).toEqual([]);
  });

  test.for(operations.map((operation) => [operation.id, operation] as const))(
    "in what %s takes",
    ([, operation]) => {
      const taken = [operation.parameters, operation.body].filter((part) => part !== noBody);
      const schemas = taken.map(inputSchema);
      expect(keysOutOfStyle(propertiesOf(schemas))).toEqual([]);
    },
  );

  test("and what is not would be found", () => {
    const answer = { a: [{ b_c: 1, createdAt: "" }], headers: { "Content-Type": "x" } };
    expect(keysOutOfStyle(answer)).toEqual(["a.0.createdAt"]);
    expect(mapsOfNames).toEqual(["headers", "variables"]);
  });
});

/** The names that a JSON schema gives to fields, however deep. */
function propertiesOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(propertiesOf);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).map(([key, value]) =>
    key === "properties"
      ? Object.fromEntries(
          Object.entries(value).map(([name, inner]) => [name, propertiesOf(inner)]),
        )
      : propertiesOf(value),
  );
}
