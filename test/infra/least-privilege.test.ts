import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Principal, principalsOf } from "../../infra/principals.ts";
import { principalsTable } from "../../infra/principals-table.ts";
import { everyChoice, everyProject, region, templatesFrom } from "./stubs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const place = region;
const plain = principals(`aws: {project_stacks: 1}\n${everyProject}`);
const chosen = principals(everyChoice);

function principals(settings: string): ReadonlyMap<string, Principal> {
  const all = [...templatesFrom(settings).values()].flatMap((each) => principalsOf(each));
  return new Map(all.map((principal) => [principal.name, principal]));
}

function verbsOf(principal: Principal | undefined): readonly string[] {
  const verbs = (principal?.statements ?? []).flatMap(({ actions }) => actions);
  return [...new Set(verbs)].toSorted();
}

const state = [
  "dynamodb:DeleteItem",
  "dynamodb:GetItem",
  "dynamodb:PutItem",
  "dynamodb:Query",
  "dynamodb:UpdateItem",
];
const blobs = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:GetObject",
  "s3:ListBucket",
  "s3:PutObject",
];
const watching = [
  "codebuild:BatchGetBuilds",
  "codebuild:ListBuildsForProject",
  "codebuild:StopBuild",
];
const starting = ["codebuild:StartBuild", "iam:PassRole"];
const log = ["logs:CreateLogStream", "logs:PutLogEvents"];
const traces = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];
const consuming = [
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ReceiveMessage",
];
const service = [...state, ...blobs, ...watching, ...log, ...traces];
const pulling = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:DescribeImages",
  "ecr:GetAuthorizationToken",
  "ecr:GetDownloadUrlForLayer",
  "ecr:ListImages",
];
const building = [
  ...pulling,
  "s3:GetBucketAcl",
  "s3:GetBucketLocation",
  "s3:GetObject",
  "s3:GetObjectVersion",
  ...log,
];

test.for<[string, readonly string[]]>([
  [
    `slipway-http-${place}`,
    [
      ...service,
      ...starting,
      "sqs:SendMessage",
      "secretsmanager:GetSecretValue",
      "secretsmanager:CreateSecret",
      "secretsmanager:PutSecretValue",
    ],
  ],
  [
    `slipway-work-${place}`,
    [...service, ...starting, "sqs:SendMessage", "secretsmanager:GetSecretValue", ...consuming],
  ],
  [
    `slipway-sweep-${place}`,
    [...service, "sqs:SendMessage", "secretsmanager:GetSecretValue", "ecr:BatchDeleteImage"],
  ],
  [`slipway-builds-${place}`, [...log, ...traces, "sqs:SendMessage"]],
  [`slipway-schedule-${place}`, ["lambda:InvokeFunction", "sqs:SendMessage"]],
  [`slipway-${place}-builds-pull`, building],
  [
    `slipway-${place}-builds-push`,
    [
      ...building,
      "ecr:CompleteLayerUpload",
      "ecr:CreateRepository",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ],
  ],
])("%s may do what is listed here and no more", ([name, verbs]) => {
  expect(verbsOf(plain.get(name))).toEqual(verbs.toSorted());
});

test("nobody else may do anything by a policy of their own", () => {
  const known = ["http", "work", "sweep", "builds", "schedule"].map(
    (name) => `slipway-${name}-${place}`,
  );
  const others = [...plain.values()].filter(({ name }) => !known.includes(name));
  expect(others.filter(({ takenBy, statements }) => takenBy && statements.length > 0)).toEqual([]);
});

describe("resources", () => {
  /** Calls that know no resource (Service Authorization Reference). */
  const withoutResource = [
    "ecr:GetAuthorizationToken",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
  ];
  const ofNetworks = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
  ];

  test("only calls that know no resource are allowed on *", () => {
    expect(callsOnAnything(plain)).toEqual(withoutResource);
  });

  test("a network of one's own adds only what joins it", () => {
    expect(callsOnAnything(chosen)).toEqual([...ofNetworks, ...withoutResource].toSorted());
  });

  function callsOnAnything(of: ReadonlyMap<string, Principal>): readonly string[] {
    const calls = [...of.values()]
      .flatMap(({ statements }) => statements)
      .filter(({ resources }) => resources.includes("*"))
      .flatMap(({ actions }) => actions);
    return [...new Set(calls)].toSorted();
  }

  test("no statement allows calls by a pattern", () => {
    const calls = [...plain.values(), ...chosen.values()].flatMap(verbsOf);
    expect(calls.filter((call) => /[*?]/.test(call))).toEqual([]);
  });

  test("roles are passed to CodeBuild alone, and only those of builds", () => {
    const passing = [...plain.values()]
      .flatMap(({ statements }) => statements)
      .filter(({ actions }) => actions.includes("iam:PassRole"));
    expect(passing).toHaveLength(2);
    for (const statement of passing) {
      expect(statement).toEqual({
        actions: ["iam:PassRole"],
        resources: ["arn:PARTITION:iam::111122223333:role/slipway/builds/*"],
        conditions: '{"StringEquals":{"iam:PassedToService":"codebuild.amazonaws.com"}}',
      });
    }
  });

  test("a build writes only repositories that its own role is tagged with", () => {
    const writing = (plain.get(`slipway-${place}-builds-push`)?.statements ?? []).filter(
      ({ actions }) => actions.includes("ecr:PutImage") || actions.includes("ecr:CreateRepository"),
    );
    const own =
      "arn:PARTITION:ecr:eu-central-1:111122223333:repository/${aws:PrincipalTag/buildRepo}";
    expect(writing.flatMap(({ resources }) => resources)).toEqual([own, `${own}/*`, `${own}/*`]);
  });

  test("functions use a key of one's own that is given, and no other", () => {
    const keys = [...chosen.values()]
      .flatMap(({ statements }) => statements)
      .filter(({ actions }) => actions.some((action) => action.startsWith("kms:")))
      .flatMap(({ resources }) => resources);
    expect(new Set(keys)).toEqual(
      new Set(["arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"]),
    );
  });
});

test("docs/security.md lists everybody and what they may do: `npm run docs` writes it", () => {
  const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  expect(page).toContain(principalsTable());
});

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
    [...plain.values()]
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
