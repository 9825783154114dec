import { CfnRole } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { repositoryFor } from "#image/image-repository.ts";
import { type BuildAccess, buildRoleName, codebuildProjectName } from "#project/build-role.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Names } from "../names.ts";
import { repositoryTag } from "./build-policy.ts";
import { buildTrustConditions } from "./build-trust.ts";

/**
 * The role of a project's builds. Its tag names the project's image repository, to which the shared policy limits it;
 * without a registry it has no tag and reaches no repository. (Plain resources: there are thousands of them.)
 */
export function buildRole(
  scope: Construct,
  id: string,
  props: {
    readonly project: ProjectSettings;
    readonly access: BuildAccess;
    readonly names: Names;
  },
): void {
  const { project, access, names } = props;
  const repository = repositoryFor(project.path);
  new CfnRole(scope, id, {
    roleName: buildRoleName(project.path, access, names.installation),
    path: names.buildRolePath,
    assumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { Service: "codebuild.amazonaws.com" },
          Condition: buildTrustConditions(names, [
            names.codebuildProject,
            // Also without a Docker server: one that is switched on or off changes the project between two stacks.
            codebuildProjectName(names.codebuildProject, {
              path: project.path,
              dockerServer: true,
            }),
          ]),
        },
      ],
    },
    managedPolicyArns: [names.buildPolicyArn(access)],
    ...(project.registry &&
      repository.ok && { tags: [{ key: repositoryTag, value: repository.repository }] }),
  });
}
