import type { FunctionName } from "#functions/bundle.ts";
import { indexes } from "#store/dynamodb/table.ts";
import type { Names } from "./names.ts";

export const functionNames: readonly FunctionName[] = ["http", "work", "builds", "sweep"];

/** All that the stacks make has this tag, with the installation's name. */
export const ownTag = "slipway";

/** Some calls on some resources; the condition is an IAM policy's. */
export type Grant = {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why the resources cannot be named one by one, where they hold a wildcard. */
  readonly why?: string;
};

/** What a function's code may do besides writing its own log. */
export function grantsOf(
  name: FunctionName,
  names: Names,
  options: GrantOptions,
): readonly Grant[] {
  switch (name) {
    case "http":
    case "work":
      return [
        ...state(names),
        ...blobs(options.bucketArn),
        sending(names, ["work.fifo", "later"]),
        readingSecrets(names),
        ...(name === "http" ? [makingSigningKey(names)] : []),
        watchingBuilds(names, options.hasDockerServers),
        ...startingBuilds(names, options.hasDockerServers),
      ];
    case "sweep":
      return [
        ...state(names),
        ...blobs(options.bucketArn),
        sending(names, ["work.fifo", "later"]),
        readingSecrets(names),
        watchingBuilds(names, options.hasDockerServers),
        images(names),
      ];
    case "builds":
      return [sending(names, ["work.fifo"])];
  }
}

export type GrantOptions = {
  readonly bucketArn: string;
  /** Whether CodeBuild projects exist besides the shared one. */
  readonly hasDockerServers: boolean;
};

function state(names: Names): readonly Grant[] {
  return [
    {
      actions: [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
      ],
      resources: [names.table.arn],
    },
    {
      actions: ["dynamodb:Query"],
      resources: Object.values(indexes).map((index) => `${names.table.arn}/index/${index.name}`),
    },
  ];
}

function blobs(bucketArn: string): readonly Grant[] {
  return [
    {
      actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      resources: [`${bucketArn}/*`],
      why: "keys of blobs are made of the ids of pipelines and jobs",
    },
    { actions: ["s3:ListBucket"], resources: [bucketArn] },
  ];
}

function sending(names: Names, queues: readonly string[]): Grant {
  return {
    actions: ["sqs:SendMessage"],
    resources: queues.map((queue) => names.queue(queue).arn),
  };
}

function readingSecrets(names: Names): Grant {
  return {
    actions: ["secretsmanager:GetSecretValue"],
    resources: [names.secretArn("*")],
    why: "forge tokens and projects' variables have names that operators choose, all under the installation's prefix",
  };
}

/** The key that signs ID tokens is made when a job asks for the first one. */
function makingSigningKey(names: Names): Grant {
  return {
    actions: ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"],
    resources: [names.secretArn("id-token-key*")],
    why: "Secrets Manager ends each ARN with six random characters, which a secret that is yet to be made has not",
  };
}

function codebuildProjects(names: Names, hasDockerServers: boolean): readonly string[] {
  const shared = names.codebuildProjectArn(names.codebuildProject);
  return hasDockerServers ? [shared, `${shared}-*`] : [shared];
}

const ownProjects =
  "projects with a Docker server have CodeBuild projects of their own, whose names start alike";

function watchingBuilds(names: Names, hasDockerServers: boolean): Grant {
  return {
    actions: ["codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject", "codebuild:StopBuild"],
    resources: codebuildProjects(names, hasDockerServers),
    why: ownProjects,
  };
}

/** Also `http`: what a runner reports may start the next environment at once. */
function startingBuilds(names: Names, hasDockerServers: boolean): readonly Grant[] {
  return [
    {
      actions: ["codebuild:StartBuild"],
      resources: codebuildProjects(names, hasDockerServers),
      why: ownProjects,
    },
    {
      actions: ["iam:PassRole"],
      resources: [`${names.buildRoles}*`],
      conditions: { StringEquals: { "iam:PassedToService": "codebuild.amazonaws.com" } },
      why: "each project has a build role, and nothing else is under this path",
    },
  ];
}

/** Tags of branches that are gone. There is no right to push anywhere. */
function images(names: Names): Grant {
  return {
    actions: ["ecr:BatchDeleteImage"],
    resources: [names.repositoryArn("*")],
    conditions: { StringEquals: { [`aws:ResourceTag/${ownTag}`]: names.installation.name } },
    why: "each project has a repository, and the tag tells them from what else the account has",
  };
}

/** What Lambda and CodeBuild need of a role to attach themselves to subnets of a VPC. */
export function networkGrants(): readonly Grant[] {
  return [
    {
      actions: [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
      ],
      resources: ["*"],
      why: "network interfaces are made for each environment, and the Describe calls have no resource",
    },
  ];
}
