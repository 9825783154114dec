import { Aws } from "aws-cdk-lib";
import { buildRolePath, type Installation } from "#project/build-role.ts";

/**
 * What everything is called, and its ARN. Stacks refer to one another by these names alone, so that no export holds
 * a stack back from being changed.
 */
export type Names = ReturnType<typeof namesOf>;

/** `account` may be a token: only what is resolved at deployment is made of it. */
export function namesOf(installation: Installation & { readonly account: string }) {
  const { name, region, account } = installation;
  const arn = (service: string, resource: string) =>
    `arn:${Aws.PARTITION}:${service}:${region}:${account}:${resource}`;
  const global = (service: string, resource: string) =>
    `arn:${Aws.PARTITION}:${service}::${account}:${resource}`;
  const queue = (suffix: string) => ({
    name: `${name}-${suffix}`,
    arn: arn("sqs", `${name}-${suffix}`),
  });
  return {
    installation: { name, region },
    account,
    arn,
    table: { name, arn: arn("dynamodb", `table/${name}`) },
    /** Bucket names are unique in the world. */
    bucketName: `${name}-${region}-${account}`,
    /** In CDK's own bucket, in front of the hash of each file that a deployment brings. */
    assetPrefix: `${name}/`,
    secretsPrefix: `${name}/`,
    secretArn: (secret: string) => arn("secretsmanager", `secret:${name}/${secret}`),
    functionName: (each: string) => `${name}-${each}`,
    functionLogGroup: (each: string) => `/aws/lambda/${name}-${each}`,
    queue,
    codebuildProject: name,
    codebuildProjectArn: (project: string) => arn("codebuild", `project/${project}`),
    buildLogGroup: `/aws/codebuild/${name}`,
    buildRolePath: buildRolePath({ name }),
    buildRoles: global("iam", `role${buildRolePath({ name })}`),
    /** For builds that were given no project's role. */
    sharedBuildRole: `${name}-${region}-no-project`,
    /** The policies that all build roles of an access share. */
    buildPolicyName: (access: "push" | "pull") => `${name}-${region}-builds-${access}`,
    buildPolicyArn: (access: "push" | "pull") =>
      global("iam", `policy${buildRolePath({ name })}${name}-${region}-builds-${access}`),
    registry: `${account}.dkr.ecr.${region}.${Aws.URL_SUFFIX}`,
    repositoryArn: (repository: string) => arn("ecr", `repository/${repository}`),
    urlParameter: `/${name}/url`,
  };
}
