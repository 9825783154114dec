import { RemovalPolicy } from "aws-cdk-lib";
import { CfnRepository, CfnRepositoryCreationTemplate } from "aws-cdk-lib/aws-ecr";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { repositoryFor } from "#image/image-repository.ts";

const untaggedDays = 14;
const cacheDays = 30;

/**
 * The project's image repository, and how those below it (`group/app/web`) are made when something is first
 * pushed to them. Images stay when the project leaves the settings, unless told otherwise.
 */
export function projectRepository(
  scope: Construct,
  id: string,
  props: {
    readonly path: string;
    readonly frozenTags: readonly string[];
    readonly removeImages: boolean;
    readonly key: IKey | undefined;
  },
): void {
  const { path, frozenTags, key, removeImages } = props;
  const result = repositoryFor(path);
  if (!result.ok) throw new Error(result.message);
  const { repository } = result;
  const lifecycle = lifecyclePolicy([caches("cache-*"), untagged]);
  new CfnRepository(scope, `Repository${id}`, {
    repositoryName: repository,
    imageScanningConfiguration: { scanOnPush: true },
    ...mutability(frozenTags),
    lifecyclePolicy: { lifecyclePolicyText: lifecycle },
    ...(removeImages && { emptyOnDelete: true }),
    ...(key !== undefined && {
      encryptionConfiguration: { encryptionType: "KMS", kmsKey: key.keyArn },
    }),
  }).applyRemovalPolicy(removeImages ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN);
  new CfnRepositoryCreationTemplate(scope, `Below${id}`, {
    prefix: repository,
    description: "Slipway: repositories below a project's, made by a push",
    appliedFor: ["CREATE_ON_PUSH"],
    lifecyclePolicy: lifecycle,
    ...mutability(frozenTags),
  });
  new CfnRepositoryCreationTemplate(scope, `Cache${id}`, {
    prefix: `${repository}/cache`,
    description: "Slipway: layer caches of a project, made by a push",
    appliedFor: ["CREATE_ON_PUSH"],
    lifecyclePolicy: lifecyclePolicy([caches("*"), untagged]),
    // Its tags are names of branches, all of which move.
    ...mutability([]),
  });
}

function mutability(frozenTags: readonly string[]) {
  if (frozenTags.length === 0) return { imageTagMutability: "MUTABLE" };
  return {
    imageTagMutability: "MUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: frozenTags.map((pattern) => ({
      imageTagMutabilityExclusionFilterType: "WILDCARD",
      imageTagMutabilityExclusionFilterValue: pattern,
    })),
  };
}

const older = (countNumber: number) => ({
  countType: "sinceImagePushed",
  countNumber,
  countUnit: "days",
});

const caches = (pattern: string) => ({
  tagStatus: "tagged",
  tagPatternList: [pattern],
  ...older(cacheDays),
});

const untagged = { tagStatus: "untagged", ...older(untaggedDays) };

/** As ECR takes it (User Guide, "Lifecycle policy properties"). */
function lifecyclePolicy(selections: readonly object[]): string {
  return JSON.stringify({
    rules: selections.map((selection, index) => ({
      rulePriority: index + 1,
      selection,
      action: { type: "expire" },
    })),
  });
}
