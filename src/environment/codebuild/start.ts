import type { Build, ComputeType, StartBuildCommandInput } from "@aws-sdk/client-codebuild";
import type { ComputeSize } from "#pipeline/pipeline.ts";
import { computeSizes } from "#pipeline/pipeline.ts";
import type { EnvironmentSpec } from "../environment.ts";
import { environmentVariables } from "../environment-variables.ts";

/** Where and as whom a build runs. */
export type BuildPlace = {
  readonly codebuildProject: string;
  /** ARN of the role that the build has. */
  readonly serviceRole: string;
  /** Another image than the CodeBuild project's. */
  readonly image?: string;
};

const computeTypes: Readonly<Record<ComputeSize, ComputeType>> = {
  small: "BUILD_GENERAL1_SMALL",
  medium: "BUILD_GENERAL1_MEDIUM",
  large: "BUILD_GENERAL1_LARGE",
  xlarge: "BUILD_GENERAL1_XLARGE",
  "2xlarge": "BUILD_GENERAL1_2XLARGE",
};

/** What a build was given, whoever chose it: the start or the CodeBuild project. */
export function computeOf(build: Build): { readonly compute?: ComputeSize } {
  const type = build.environment?.computeType;
  const compute = computeSizes.find((size) => computeTypes[size] === type);
  return compute === undefined ? {} : { compute };
}

/** What CodeBuild allows (AWS CodeBuild API Reference: StartBuild). */
const timeoutMinutes = { least: 5, most: 2160 } as const;
/** As long as a build may wait in CodeBuild's own queue. */
export const queuedMinutes = 480;
const directory = "/slipway/work";

/**
 * The request that starts the build of an environment. It is the same for the same specification, as the
 * idempotency token demands, and holds no secret but the ticket.
 */
export function startBuildInput(
  spec: EnvironmentSpec,
  place: BuildPlace,
  options: { readonly extraHosts?: readonly string[] },
): StartBuildCommandInput {
  const variables = {
    ...environmentVariables(spec, { directory, extraHosts: options.extraHosts ?? [] }),
    SLIPWAY_TICKET: spec.ticket,
  };
  return {
    projectName: place.codebuildProject,
    idempotencyToken: `${place.codebuildProject}-${spec.id}`,
    buildspecOverride: `buildspecs/${spec.executor}.yml`,
    // Also for unprivileged jobs: the environment's own engine runs their containers.
    privilegedModeOverride: spec.executor !== "shell" || spec.privileged,
    serviceRoleOverride: place.serviceRole,
    timeoutInMinutesOverride: Math.min(
      timeoutMinutes.most,
      Math.max(timeoutMinutes.least, Math.ceil(spec.timeoutSeconds / 60)),
    ),
    queuedTimeoutInMinutesOverride: queuedMinutes,
    // A retry by CodeBuild itself would be a build that Slipway does not know.
    autoRetryLimitOverride: 0,
    environmentVariablesOverride: Object.entries(variables).map(([name, value]) => ({
      name,
      value,
      type: "PLAINTEXT",
    })),
    ...(spec.compute && { computeTypeOverride: computeTypes[spec.compute] }),
    ...(place.image && {
      imageOverride: place.image,
      imagePullCredentialsTypeOverride: place.image.startsWith("aws/codebuild/")
        ? "CODEBUILD"
        : "SERVICE_ROLE",
    }),
  };
}
