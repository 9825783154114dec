import { errorStatuses } from "#service/error-code.ts";
import { errorMeanings } from "#service/view/schema/error.ts";
import { type Answer, type Caller, noBody, type Operation } from "../operation/operation.ts";
import { errorsOf } from "./errors-of.ts";
import { answerSchemas, inputSchema, type JsonSchema, templateOf } from "./openapi.ts";
import { type Chapter, chapters } from "./operations.ts";
import { type OtherRoute, pages, protocols } from "./other-routes.ts";
import { fieldRows, heading, table, typeText } from "./schema-text.ts";

/** The page `docs/api.md`, made of the table by which the API is served; the same table gives the same bytes. */
export function apiPage(): string {
  return `${[
    introduction,
    `## Errors\n\n${errorText}`,
    table(
      ["code", "status", "means"],
      Object.entries(errorStatuses).map(([code, status]) => [
        `\`${code}\``,
        String(status),
        errorMeanings[code as keyof typeof errorMeanings],
      ]),
    ),
    ...chapters.flatMap(chapterText),
    "## What answers hold",
    "A field that is not always there is marked with `?`. A new field may come at any time; one that is here stays.",
    ...Object.entries(answerSchemas()).flatMap(([name, schema]) => schemaText(name, schema)),
    "## Pages",
    "For people and browsers: HTML and plain text, without a promise to programs.",
    routeTable(pages),
    "## Protocols of others",
    "Served as their own specifications say; names and errors are theirs.",
    routeTable(protocols),
  ].join("\n\n")}\n`;
}

const introduction = `# Slipway's API

<!-- Made from functions/http by \`npm run docs\`. A change here is lost; change the operation or its schema. -->

All that \`slipway\` does with a service, programs can do too: JSON over HTTP, names in snake case, times in UTC (ISO 8601). The same as
an OpenAPI 3.1 document: [openapi.json](openapi.json).

\`\`\`bash
curl -H "Authorization: Bearer $(cat .slipway/access-token)" http://127.0.0.1:4480/api/slipway/pipelines?limit=3
\`\`\``;

const errorText =
  'Each error is `{"error": …, "code": …}`: a message for people, which may change, and a code for programs, which does not.';

const callers: Readonly<Record<Caller, string>> = {
  access_token: "an access token: `Authorization: Bearer TOKEN`",
  job_token: "a job that runs, by its token: `JOB-TOKEN: TOKEN`",
  ticket: "the environment that the ticket was made for",
  signature: "a forge, by a signature or secret of the project's webhook",
  anyone: "anyone",
};

function chapterText({ title, operations }: Chapter): readonly string[] {
  return [`## ${title}`, ...operations.flatMap(operationText)];
}

function operationText(operation: Operation): readonly string[] {
  const { method, path, summary, caller, body } = operation;
  const parameters = inputSchema(operation.parameters);
  const inPath = (name: string) => path.includes(`:${name}`);
  const rows = fieldRows(parameters, (name) => (inPath(name) ? "path" : "query"));
  return [
    `### \`${method} ${templateOf(path)}\``,
    `${summary}.`,
    `Who may call: ${callers[caller]}.`,
    ...(rows.length === 0 ? [] : [table(["parameter", "in", "type", "means"], rows)]),
    ...(body === noBody ? [] : [bodyText(inputSchema(body))]),
    operation.answers.map((answer) => `- ${answerText(answer)}`).join("\n"),
    `Errors: ${errorsOf(operation)
      .map((code) => `\`${code}\``)
      .join(", ")}.`,
  ];
}

function bodyText(schema: JsonSchema): string {
  return `Body, as JSON:\n\n${table(["field", "type", "means"], fieldRows(schema))}`;
}

function answerText(answer: Answer): string {
  const what = `**${answer.status}** ${answer.what}`;
  if ("json" in answer) return `${what} ${heading(answer.json)}`;
  const headers = Object.entries(answer.headers ?? {});
  return [
    `${what} As ${answer.file.map((type) => `\`${type}\``).join(", ")}.`,
    ...headers.map(([name, meaning]) => `  - \`${name}\`: ${meaning}`),
  ].join("\n");
}

function schemaText(name: string, schema: JsonSchema): readonly string[] {
  const title = `### ${name}`;
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) {
    return [
      title,
      "One of these:",
      ...choices.flatMap((choice) =>
        typeof choice === "object" ? [table(["field", "type", "means"], fieldRows(choice))] : [],
      ),
    ];
  }
  if (schema.type === "object" && Object.keys(schema.properties ?? {}).length > 0) {
    return [title, table(["field", "type", "means"], fieldRows(schema))];
  }
  return [title, schema.type === "object" ? "An empty object." : `A ${typeText(schema)}.`];
}

function routeTable(routes: readonly OtherRoute[]): string {
  return table(
    ["route", "what", "who may call"],
    routes.map(({ method, path, what, caller }) => [
      `\`${method} ${templateOf(path)}\``,
      what,
      caller,
    ]),
  );
}
