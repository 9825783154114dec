import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { defined } from "#language/defined.ts";
import type { AwsSettings } from "#project/aws-settings.ts";
import { codebuildProjectName } from "#project/build-role.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Assets } from "./assets.ts";
import { buildProject, sharedBuildRole } from "./constructs/build-project.ts";
import { buildRole } from "./constructs/build-role.ts";
import { networkOf } from "./constructs/network.ts";
import { projectRepository } from "./constructs/project-repository.ts";
import { logicalId } from "./logical-id.ts";
import type { Names } from "./names.ts";

export type ProjectsStackProps = StackProps & {
  readonly names: Names;
  readonly aws: AwsSettings;
  readonly assets: Assets;
  readonly projects: readonly ProjectSettings[];
};

/** What single projects have on AWS: image repositories and build roles, and where to send webhooks. */
export class ProjectsStack extends Stack {
  constructor(scope: Construct, id: string, props: ProjectsStackProps) {
    super(scope, id, props);
    const { names, aws, projects } = props;
    const key =
      aws.kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, "Key", aws.kmsKeyArn);
    const url = this.serviceUrl(names, aws);
    const { frozenTags, removeImages } = aws;
    for (const project of projects) {
      const id = logicalId(project.path);
      if (project.registry) {
        projectRepository(this, id, { path: project.path, frozenTags, removeImages, key });
      }
      buildRole(this, `Push${id}`, { project, access: "push", names });
      if (project.forks === "approve") {
        buildRole(this, `Pull${id}`, { project, access: "pull", names });
      }
      const webhook = `${project.forge}/${project.path.toLowerCase()}`;
      new CfnOutput(this, `Webhook${id}`, {
        value: `${url}/webhooks/${project.forge}/${encodeURI(project.path)}`,
        description: `Its secret: npx slipway secret show webhook/${webhook} --aws`,
      });
    }
    this.dockerServers(props, key);
  }

  /** Known in advance, or read from where the service's stack put it. */
  private serviceUrl(names: Names, aws: AwsSettings): string {
    if (aws.url !== undefined) return aws.url;
    if (aws.domain !== undefined) return `https://${aws.domain.name}`;
    return StringParameter.valueForStringParameter(this, names.urlParameter);
  }

  private dockerServers(
    { names, aws, assets, projects }: ProjectsStackProps,
    key: IKey | undefined,
  ): void {
    const withServer = projects.filter((project) => project.dockerServer !== undefined);
    if (withServer.length === 0) return;
    const network = aws.vpc === undefined ? undefined : networkOf(this, aws.vpc);
    const runner = new Asset(this, "Runner", { path: assets.runner });
    const logGroup = LogGroup.fromLogGroupName(this, "CodeBuildLog", names.buildLogGroup);
    const role = sharedBuildRole(this, names);
    for (const project of withServer) {
      buildProject(this, `CodeBuild${logicalId(project.path)}`, {
        projectName: codebuildProjectName(names.codebuildProject, project),
        aws,
        role,
        runner,
        logGroup,
        ...defined({ dockerServer: project.dockerServer, network, key }),
      });
    }
  }
}
