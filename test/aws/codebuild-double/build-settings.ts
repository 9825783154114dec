import type { BuildSettings, Variable } from "./build.ts";
import { flag, type Input, list, object, requiredText, text, wholeNumber } from "./input.ts";
import { invalidInput } from "./rejection.ts";

const computeTypes = [
  "BUILD_GENERAL1_SMALL",
  "BUILD_GENERAL1_MEDIUM",
  "BUILD_GENERAL1_LARGE",
  "BUILD_GENERAL1_XLARGE",
  "BUILD_GENERAL1_2XLARGE",
];
/** Of a buildspec that is given inline. */
const mostBuildspec = 25_600;

/** What a build runs with: StartBuild's overrides over the project's settings. */
export function settingsOf(input: Input, project: Input): BuildSettings {
  const environment = object(project.environment);
  const source = object(project.source);
  const computeType =
    text(input, "computeTypeOverride") ??
    text(environment, "computeType") ??
    "BUILD_GENERAL1_SMALL";
  if (!computeTypes.includes(computeType)) {
    throw invalidInput(`Invalid compute type: ${computeType}`);
  }
  const buildspec =
    text(input, "buildspecOverride") ?? text(source, "buildspec") ?? "buildspec.yml";
  if (buildspec.length > mostBuildspec) {
    throw invalidInput(`Invalid buildspec override: at most ${mostBuildspec} characters`);
  }
  const image = text(input, "imageOverride") ?? text(environment, "image") ?? "";
  const imagePullCredentialsType =
    text(input, "imagePullCredentialsTypeOverride") ??
    text(environment, "imagePullCredentialsType") ??
    "CODEBUILD";
  if (image.startsWith("aws/codebuild/") && imagePullCredentialsType === "SERVICE_ROLE") {
    throw invalidInput("Invalid image pull credentials type: curated images need CODEBUILD");
  }
  wholeNumber(input, "autoRetryLimitOverride", 0, 10);
  return {
    projectName: requiredText(project, "name"),
    serviceRole: text(input, "serviceRoleOverride") ?? requiredText(project, "serviceRole"),
    image,
    environmentType:
      text(input, "environmentTypeOverride") ?? text(environment, "type") ?? "LINUX_CONTAINER",
    computeType,
    privilegedMode:
      flag(input, "privilegedModeOverride") ?? flag(environment, "privilegedMode") ?? false,
    buildspec,
    variables: variablesOf(
      list(environment, "environmentVariables"),
      list(input, "environmentVariablesOverride"),
    ),
    sourceType: text(input, "sourceTypeOverride") ?? text(source, "type") ?? "NO_SOURCE",
    sourceLocation: text(input, "sourceLocationOverride") ?? text(source, "location") ?? "",
    timeoutInMinutes:
      wholeNumber(input, "timeoutInMinutesOverride", 5, 2160) ??
      wholeNumber(project, "timeoutInMinutes", 5, 2160) ??
      60,
    queuedTimeoutInMinutes:
      wholeNumber(input, "queuedTimeoutInMinutesOverride", 5, 480) ??
      wholeNumber(project, "queuedTimeoutInMinutes", 5, 480) ??
      480,
    imagePullCredentialsType,
  };
}

/** Overrides replace the project's variables of the same name. */
function variablesOf(own: readonly unknown[], overrides: readonly unknown[]): readonly Variable[] {
  const variables = new Map<string, Variable>();
  for (const each of [...own, ...overrides]) {
    const name = requiredText(object(each), "name");
    const value = text(object(each), "value") ?? "";
    const type = text(object(each), "type") ?? "PLAINTEXT";
    if (type !== "PLAINTEXT")
      throw invalidInput(`The double knows PLAINTEXT variables, not ${type}`);
    if (name.startsWith("CODEBUILD_")) throw invalidInput(`Invalid variable name: ${name}`);
    variables.set(name, { name, value, type });
  }
  return [...variables.values()];
}
