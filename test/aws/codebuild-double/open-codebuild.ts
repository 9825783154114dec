import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import {
  type CodebuildEnvironmentsOptions,
  codebuildEnvironments,
} from "#environment/codebuild/codebuild.ts";
import type { EnvironmentSpec } from "#environment/environment.ts";
import {
  type CodebuildDouble,
  type CodebuildDoubleOptions,
  startCodebuildDouble,
} from "./codebuild-double.ts";

export const projectName = "slipway";

export function roleOf({ access }: Pick<EnvironmentSpec, "access" | "project">): string {
  return `arn:aws:iam::123456789012:role/slipway/builds/project-${access}`;
}

/** The double with a project as the stacks make it, and the real SDK client. */
export async function openCodebuild(options: CodebuildDoubleOptions): Promise<{
  readonly double: CodebuildDouble;
  readonly client: CodeBuildClient;
  readonly create: (
    more?: Partial<CodebuildEnvironmentsOptions>,
  ) => ReturnType<typeof codebuildEnvironments>;
  readonly close: () => Promise<void>;
}> {
  const double = await startCodebuildDouble(options);
  const client = new CodeBuildClient({
    endpoint: double.url,
    region: double.place.region,
    credentials: { accessKeyId: "AKIADOUBLE", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  const project = {
    name: projectName,
    source: { type: "S3", location: "assets/source.zip", buildspec: "buildspecs/none.yml" },
    artifacts: { type: "NO_ARTIFACTS" },
    serviceRole: "arn:aws:iam::123456789012:role/slipway/builds/none",
    environment: {
      type: "LINUX_CONTAINER",
      image: "aws/codebuild/standard:8.0",
      computeType: "BUILD_GENERAL1_SMALL",
      privilegedMode: true,
    },
  };
  await fetch(double.url, {
    method: "POST",
    headers: { "x-amz-target": "CodeBuild_20161006.CreateProject" },
    body: JSON.stringify(project),
  });
  return {
    double,
    client,
    create: (more = {}) =>
      codebuildEnvironments({
        client,
        placeFor: (environment) => ({
          codebuildProject: projectName,
          serviceRole: roleOf(environment),
        }),
        codebuildProjects: [projectName],
        extraHosts: ["registry.test:10.0.0.1"],
        now: Date.now,
        ...more,
      }),
    close: async () => {
      client.destroy();
      await double.close();
    },
  };
}
