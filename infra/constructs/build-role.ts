import { Tags } from "aws-cdk-lib";
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { repositoryFor } from "#image/image-repository.ts";
import { type BuildAccess, buildRoleName } from "#project/build-role.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { logicalId } from "../logical-id.ts";
import type { Names } from "../names.ts";
import { repositoryTag } from "./build-policy.ts";

/**
 * The role of a project's builds. Its tag names the project's image repository, to which the shared policy limits it;
 * without a registry it has no tag and reaches no repository.
 */
export function buildRole(
  scope: Construct,
  project: ProjectSettings,
  access: BuildAccess,
  names: Names,
): Role {
  const id = `${access === "push" ? "Push" : "Pull"}${logicalId(project.path)}`;
  const role = new Role(scope, id, {
    roleName: buildRoleName(project.path, access, names.installation),
    path: names.buildRolePath,
    assumedBy: new ServicePrincipal("codebuild.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromManagedPolicyArn(scope, `${id}Policy`, names.buildPolicyArn(access)),
    ],
  });
  const repository = repositoryFor(project.path);
  if (project.registry && repository.ok) Tags.of(role).add(repositoryTag, repository.repository);
  return role;
}
