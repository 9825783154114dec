import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { principalsOf } from "../../infra/principals.ts";
import { everyProject, templatesFrom } from "./stubs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Actions that an SDK command needs where they are not named alike (Service Authorization Reference). */
const actionOf: Readonly<Record<string, string>> = {
  "s3:HeadObject": "s3:GetObject",
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:DeleteObjects": "s3:DeleteObject",
  "s3:CreateMultipartUpload": "s3:PutObject",
  "s3:UploadPart": "s3:PutObject",
  "s3:CompleteMultipartUpload": "s3:PutObject",
  "dynamodb:Get": "dynamodb:GetItem",
  "dynamodb:Put": "dynamodb:PutItem",
  "dynamodb:Update": "dynamodb:UpdateItem",
  "dynamodb:Delete": "dynamodb:DeleteItem",
};

/** What only other hosts call: the embedded database, and people's own credentials. */
const notByFunctions = new Set([
  "dynamodb:CreateTable",
  "dynamodb:DescribeTable",
  "ecr:BatchGetImage",
  "ecr:DescribeImages",
  "ecr:DescribeRepositories",
  "ecr:DescribeRepositoryCreationTemplates",
  "ecr:PutImage",
]);

const services: Readonly<Record<string, string>> = {
  "client-dynamodb": "dynamodb",
  "lib-dynamodb": "dynamodb",
  "client-s3": "s3",
  "client-sqs": "sqs",
  "client-secrets-manager": "secretsmanager",
  "client-codebuild": "codebuild",
  "client-ecr": "ecr",
};

/** Every call of an AWS service that the code can make. */
function callsIn(folder: string): readonly string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, folder, file), "utf8");
      const imports = text.matchAll(/import \{([^}]*)\} from "@aws-sdk\/([\w-]+)"/g);
      return [...imports].flatMap(([, names = "", from = ""]) =>
        [...names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b(?!Input|Output)/g)].map(
          ([, command, paginated]) => `${services[from] ?? from}:${command ?? paginated}`,
        ),
      );
    });
}

test("every AWS call in the code is one that some function may make", () => {
  const calls = new Set(
    [...callsIn("src"), ...callsIn("functions")].map((call) => actionOf[call] ?? call),
  );
  expect(calls.size).toBeGreaterThan(20);
  const granted = new Set(
    [...templatesFrom(everyProject).values()]
      .flatMap((template) => principalsOf(template))
      .filter(({ takenBy }) => takenBy === "lambda.amazonaws.com")
      .flatMap(({ statements }) => statements.flatMap(({ actions }) => actions)),
  );
  const missing = [...calls].filter((call) => !granted.has(call) && !notByFunctions.has(call));
  expect(missing).toEqual([]);
  const unused = [...granted].filter(
    (action) => /^(?:dynamodb|s3|ecr|codebuild|secretsmanager):/.test(action) && !calls.has(action),
  );
  expect(unused).toEqual([]);
});
