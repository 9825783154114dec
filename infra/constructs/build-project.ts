import { Duration } from "aws-cdk-lib";
import {
  Cache,
  CfnProject,
  ComputeType,
  DockerServerComputeType,
  type IBuildImage,
  LinuxArmBuildImage,
  LinuxBuildImage,
  LocalCacheMode,
  Project,
  Source,
} from "aws-cdk-lib/aws-codebuild";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { type IRole, Role } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import { defined } from "#language/defined.ts";
import type { ComputeSize } from "#pipeline/pipeline.ts";
import type { AwsSettings } from "#project/aws-settings.ts";
import { acknowledge } from "../acknowledge.ts";
import type { Names } from "../names.ts";
import type { Network } from "./network.ts";

const computeTypes: Readonly<Record<ComputeSize, ComputeType>> = {
  small: ComputeType.SMALL,
  medium: ComputeType.MEDIUM,
  large: ComputeType.LARGE,
  xlarge: ComputeType.X_LARGE,
  "2xlarge": ComputeType.X2_LARGE,
};

const dockerServerTypes: Readonly<Record<ComputeSize, DockerServerComputeType>> = {
  small: DockerServerComputeType.SMALL,
  medium: DockerServerComputeType.MEDIUM,
  large: DockerServerComputeType.LARGE,
  xlarge: DockerServerComputeType.X_LARGE,
  "2xlarge": DockerServerComputeType.X2_LARGE,
};

/** `PATH@sha256…`, `PATH:TAG` in some ECR registry: the account, region and path of the repository. */
export function ecrRepositoryOf(
  image: string,
): { readonly account: string; readonly region: string; readonly path: string } | undefined {
  const found =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)(?:[:@].*)?$/.exec(image);
  const [, account, region, path] = found ?? [];
  if (account === undefined || region === undefined || path === undefined) return undefined;
  return { account, region, path };
}

/** The role of builds that were given no project's role. It may use no repository. */
export function sharedBuildRole(scope: Construct, names: Names): IRole {
  const arn = names.buildRoles + names.sharedBuildRole;
  return Role.fromRoleArn(scope, "SharedBuildRole", arn, { mutable: false });
}

export type BuildProjectProps = {
  readonly projectName: string;
  readonly aws: AwsSettings;
  readonly role: IRole;
  /** The runner and the buildspecs. */
  readonly runner: Asset;
  readonly logGroup: ILogGroup;
  readonly dockerServer?: ComputeSize;
  readonly network?: Network;
  readonly key?: IKey;
};

/** A CodeBuild project that has nothing of a single build: StartBuild says the rest. */
export function buildProject(scope: Construct, id: string, props: BuildProjectProps): Project {
  const { aws, network, dockerServer } = props;
  const project = new Project(scope, id, {
    projectName: props.projectName,
    description: "Slipway's build environments: started by the service only",
    role: props.role,
    source: Source.s3({ bucket: props.runner.bucket, path: props.runner.s3ObjectKey }),
    environment: {
      buildImage: imageOf(scope, id, aws.buildImage),
      computeType: computeTypes[aws.compute],
      privileged: true,
      ...(dockerServer !== undefined && {
        dockerServer: {
          computeType: dockerServerTypes[dockerServer],
          ...(network !== undefined && { securityGroups: network.securityGroups }),
        },
      }),
    },
    logging: { cloudWatch: { logGroup: props.logGroup } },
    timeout: Duration.hours(24),
    queuedTimeout: Duration.hours(8),
    autoRetryLimit: 0,
    ...defined({ concurrentBuildLimit: aws.concurrentBuilds }),
    grantReportGroupPermissions: false,
    ssmSessionPermissions: false,
    ...defined({ encryptionKey: props.key }),
    // CodeBuild keeps no layers on hosts of a network of one's own.
    ...(network === undefined && { cache: Cache.local(LocalCacheMode.DOCKER_LAYER) }),
  });
  if (network !== undefined) joinNetwork(project, network);
  acknowledge(project, {
    "AwsSolutions-CB4":
      "Builds have no artifacts of CodeBuild's: images go to ECR, files to the encrypted bucket. `aws.kms_key` sets a key here too.",
  });
  if (!aws.buildImage.startsWith("aws/codebuild/")) {
    acknowledge(project, {
      "AwsSolutions-CB5": "The operator chose this image: `aws.build_image`.",
    });
  }
  return project;
}

/** By hand: given to the construct, it would make a policy for the role, which has one of its own. */
function joinNetwork(project: Project, { vpc, subnets, securityGroups }: Network): void {
  const resource = project.node.defaultChild;
  if (!(resource instanceof CfnProject)) throw new Error("CDK makes no CfnProject any more");
  resource.vpcConfig = {
    vpcId: vpc.vpcId,
    subnets: subnets.map(({ subnetId }) => subnetId),
    securityGroupIds: securityGroups.map(({ securityGroupId }) => securityGroupId),
  };
}

function imageOf(scope: Construct, id: string, image: string): IBuildImage {
  if (image.startsWith("aws/codebuild/")) {
    return image.includes("aarch64")
      ? LinuxArmBuildImage.fromCodeBuildImageId(image)
      : LinuxBuildImage.fromCodeBuildImageId(image);
  }
  const repository = ecrRepositoryOf(image);
  if (repository === undefined) return LinuxBuildImage.fromDockerRegistry(image);
  const { account, region, path } = repository;
  return LinuxBuildImage.fromEcrRepository(
    Repository.fromRepositoryAttributes(scope, `${id}-image`, {
      repositoryName: path,
      repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${path}`,
    }),
    image.slice(image.indexOf(`/${path}`) + path.length + 2),
  );
}
