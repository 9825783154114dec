import {
  type EnvironmentSpec,
  EnvironmentStartError,
  EnvironmentWaitsError,
} from "../environment.ts";
import type { BuildPlace } from "./start.ts";

const throttling =
  /^(Throttling(Exception)?|ThrottledException|TooManyRequestsException|RequestLimitExceeded|RequestThrottled(Exception)?|SlowDown)$/;

export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/**
 * Whether CodeBuild knows the idempotency token from another request. It has no error of its own for that, so every
 * invalid input may be it.
 */
export function isIdempotencyMismatch(error: unknown): boolean {
  return (
    isNamed(error, "InvalidInputException") || isNamed(error, "ResourceAlreadyExistsException")
  );
}

/**
 * The meaning of a refused StartBuild, in words that help to fix it. The SDK's error is not included, because it contains
 * the request and with it the ticket.
 */
export function startError(
  error: unknown,
  spec: Pick<EnvironmentSpec, "compute">,
  { codebuildProject, serviceRole, image }: BuildPlace,
): EnvironmentStartError | EnvironmentWaitsError {
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  const failed = (text: string, permanent: boolean) =>
    new EnvironmentStartError(text, { permanent });
  if (name === "AccountLimitExceededException") {
    const size = spec.compute === undefined ? "" : ` of size ${spec.compute}`;
    return new EnvironmentWaitsError(
      `AWS CodeBuild runs as many builds${size} as this account may`,
    );
  }
  if (throttling.test(name) || statusOf(error) === 429) {
    return new EnvironmentWaitsError("AWS CodeBuild takes no more requests at the moment");
  }
  switch (name) {
    case "ResourceNotFoundException":
      return failed(
        `There is no CodeBuild project ${codebuildProject}: deploy the stacks again (cdk deploy --all). CodeBuild says: ${message}`,
        true,
      );
    case "AccountSuspendedException":
      return failed(`AWS has suspended CodeBuild for this account: ${message}`, true);
    case "AccessDeniedException":
    case "AccessDenied":
      return failed(
        /PassRole/i.test(message)
          ? `Slipway may not give a build the role ${serviceRole}: its function needs iam:PassRole on it. Deploy the stacks again. AWS says: ${message}`
          : `Slipway may not start builds in ${codebuildProject}: its function needs codebuild:StartBuild. Deploy the stacks again. AWS says: ${message}`,
        true,
      );
    case "InvalidInputException":
      if (/idempoten/i.test(message)) {
        return failed(`A start that was given up still counts for CodeBuild: ${message}`, false);
      }
      return failed(
        /assume\s?role|service role|not authorized/i.test(message)
          ? `CodeBuild cannot take the role ${serviceRole}. Was it deleted or changed? Deploy the stacks again. CodeBuild says: ${message}`
          : `CodeBuild refuses the build${image === undefined ? "" : ` with the image ${image}`}: ${message}`,
        true,
      );
    default:
      return failed(`AWS CodeBuild did not start a build: ${name} ${message}`.trim(), false);
  }
}

function statusOf(error: unknown): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  const metadata: unknown = Reflect.get(error, "$metadata");
  return typeof metadata === "object" && metadata !== null
    ? Reflect.get(metadata, "httpStatusCode")
    : undefined;
}
