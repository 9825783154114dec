import { Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  CfnRepositoryCreationTemplate,
  ImageTagMutabilityExclusionFilter,
  Repository,
  RepositoryEncryption,
  TagMutability,
  TagStatus,
} from "aws-cdk-lib/aws-ecr";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { repositoryFor } from "#image/image-repository.ts";
import { logicalId } from "../logical-id.ts";

const untaggedDays = 14;
const cacheDays = 30;

/**
 * The project's image repository, and how those below it (`group/app/web`) are made when something is first
 * pushed to them. Images stay when the project leaves the settings, unless told otherwise.
 */
export function projectRepository(
  scope: Construct,
  path: string,
  props: {
    readonly frozenTags: readonly string[];
    readonly removeImages: boolean;
    readonly key: IKey | undefined;
  },
): void {
  const result = repositoryFor(path);
  if (!result.ok) throw new Error(result.message);
  const { repository } = result;
  const { key, removeImages, frozenTags } = props;
  const moves = frozenTags.length === 0;
  new Repository(scope, `Repository${logicalId(path)}`, {
    repositoryName: repository,
    imageScanOnPush: true,
    ...(moves
      ? { imageTagMutability: TagMutability.MUTABLE }
      : {
          imageTagMutability: TagMutability.MUTABLE_WITH_EXCLUSION,
          imageTagMutabilityExclusionFilters: frozenTags.map((pattern) =>
            ImageTagMutabilityExclusionFilter.wildcard(pattern),
          ),
        }),
    lifecycleRules: [
      {
        rulePriority: 1,
        description: "layer caches",
        tagStatus: TagStatus.TAGGED,
        tagPatternList: ["cache-*"],
        maxImageAge: Duration.days(cacheDays),
      },
      {
        rulePriority: 2,
        description: "what no tag names any more",
        tagStatus: TagStatus.UNTAGGED,
        maxImageAge: Duration.days(untaggedDays),
      },
    ],
    ...(removeImages
      ? { removalPolicy: RemovalPolicy.DESTROY, emptyOnDelete: true }
      : { removalPolicy: RemovalPolicy.RETAIN }),
    ...(key !== undefined && { encryption: RepositoryEncryption.KMS, encryptionKey: key }),
  });
  madeByPush(scope, `Below${logicalId(path)}`, {
    prefix: repository,
    description: "Slipway: repositories below a project's, made by a push",
    lifecyclePolicy: lifecyclePolicy([caches("cache-*"), untagged]),
    frozenTags,
  });
  // Its tags are names of branches, all of which move.
  madeByPush(scope, `Cache${logicalId(path)}`, {
    prefix: `${repository}/cache`,
    description: "Slipway: layer caches of a project, made by a push",
    lifecyclePolicy: lifecyclePolicy([caches("*"), untagged]),
    frozenTags: [],
  });
}

function madeByPush(
  scope: Construct,
  id: string,
  props: {
    readonly prefix: string;
    readonly description: string;
    readonly lifecyclePolicy: string;
    readonly frozenTags: readonly string[];
  },
): void {
  const { frozenTags, ...given } = props;
  new CfnRepositoryCreationTemplate(scope, id, {
    ...given,
    appliedFor: ["CREATE_ON_PUSH"],
    ...(frozenTags.length === 0
      ? { imageTagMutability: "MUTABLE" }
      : {
          imageTagMutability: "MUTABLE_WITH_EXCLUSION",
          imageTagMutabilityExclusionFilters: frozenTags.map((pattern) => ({
            imageTagMutabilityExclusionFilterType: "WILDCARD",
            imageTagMutabilityExclusionFilterValue: pattern,
          })),
        }),
  });
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

/** In the text that a template takes (ECR User Guide, "Lifecycle policy properties"). */
function lifecyclePolicy(selections: readonly object[]): string {
  return JSON.stringify({
    rules: selections.map((selection, index) => ({
      rulePriority: index + 1,
      selection,
      action: { type: "expire" },
    })),
  });
}
