import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { BuildAccess } from "#project/build-role.ts";
import type { Names } from "../names.ts";
import { type Grant, networkGrants } from "../permissions.ts";
import { allow } from "./allow.ts";

/** The tag of a build role that names its project's image repository. */
export const repositoryTag = "buildRepo";

export type BuildPolicyProps = {
  readonly names: Names;
  /** The bucket that deployments put the runner in. */
  readonly runners: IBucket;
  readonly inNetwork: boolean;
  /** ARN of the repository that the build image comes from, when it is one of ECR's. */
  readonly imageRepositoryArn?: string;
};

/**
 * What every build of an access may do: read the runner, write its log, and use the image repositories that its
 * role's tag names. One policy for all roles, so that a project adds no policy.
 */
export function buildPolicy(
  scope: Construct,
  access: BuildAccess,
  props: BuildPolicyProps,
): ManagedPolicy {
  const { names } = props;
  const policy = new ManagedPolicy(scope, `builds-${access}`, {
    managedPolicyName: names.buildPolicyName(access),
    path: names.buildRolePath,
    description: `Slipway's builds that ${access === "push" ? "push and pull" : "only pull"} images`,
  });
  allow(policy, buildGrants(access, props));
  return policy;
}

function buildGrants(access: BuildAccess, props: BuildPolicyProps): readonly Grant[] {
  const { names } = props;
  const own = names.repositoryArn(`\${aws:PrincipalTag/${repositoryTag}}`);
  return [
    { actions: ["ecr:GetAuthorizationToken"], resources: ["*"], why: "the call has no resource" },
    {
      actions: access === "push" ? [...pulling, ...pushing] : pulling,
      resources: [own, `${own}/*`],
      why: "a project's images may be below its repository: group/app/web",
    },
    ...(access === "push"
      ? [
          {
            actions: ["ecr:CreateRepository"],
            resources: [`${own}/*`],
            why: "repositories below the project's are made when something is pushed to them",
          },
        ]
      : []),
    {
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [props.runners.arnForObjects(`${names.assetPrefix}*.zip`)],
      why: "a build that waits while a new version is deployed, or is of a stack that has still to follow, reads the runner it was started with; names are hashes, and there is no right to list them",
    },
    // CodeBuild looks whose the bucket is and where, before it reads a source.
    {
      actions: ["s3:GetBucketAcl", "s3:GetBucketLocation"],
      resources: [props.runners.bucketArn],
    },
    {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [names.arn("logs", `log-group:${names.buildLogGroup}:*`)],
      why: "each build makes its own stream of the one log group",
    },
    ...(props.imageRepositoryArn === undefined
      ? []
      : [{ actions: pulling, resources: [props.imageRepositoryArn] }]),
    ...(props.inNetwork ? [...networkGrants(), attaching(names)] : []),
  ];
}

const pulling = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:DescribeImages",
  "ecr:GetDownloadUrlForLayer",
  "ecr:ListImages",
];

const pushing = [
  "ecr:CompleteLayerUpload",
  "ecr:InitiateLayerUpload",
  "ecr:PutImage",
  "ecr:UploadLayerPart",
];

/** CodeBuild lends the network interface that it made to the build. */
function attaching(names: Names): Grant {
  return {
    actions: ["ec2:CreateNetworkInterfacePermission"],
    resources: [names.arn("ec2", "network-interface/*")],
    conditions: { StringEquals: { "ec2:AuthorizedService": "codebuild.amazonaws.com" } },
    why: "the interface is made for this build",
  };
}
