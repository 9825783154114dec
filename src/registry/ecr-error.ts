import { RegistryError } from "./registry.ts";

/** The `name` of what a call to ECR threw: the type of the exception in its API. */
export function ecrErrorName(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** Rejections of ECR that say that the same call may pass later (Amazon ECR API, "Common error types"). */
const passing = new Set([
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestTimeout",
  "TimeoutError",
  "ServerException",
  "InternalFailure",
  "ServiceUnavailable",
  // The role's own credentials were about to be renewed.
  "ExpiredTokenException",
]);

/** What a call to ECR threw, as an error of the port. `doing` completes “The registry could not …”. */
export function toRegistryError(error: unknown, doing: string): RegistryError {
  if (error instanceof RegistryError) return error;
  const name = ecrErrorName(error) ?? "an unknown error";
  const status = httpStatus(error);
  const said = error instanceof Error ? error.message : String(error);
  if (name === "AccessDeniedException") {
    return new RegistryError(
      `The registry could not ${doing}: ${said}. Deploy again, so that the service's role has the rights that this version needs.`,
      false,
      { cause: error },
    );
  }
  const away = status === undefined && !name.endsWith("Exception");
  return new RegistryError(
    away
      ? `The registry could not ${doing}, because ECR does not answer: ${said}`
      : `The registry could not ${doing}: ${name}: ${said}`,
    away || passing.has(name) || status === 429 || (status !== undefined && status >= 500),
    { cause: error },
  );
}

function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const status: unknown = Reflect.get(metadata, "httpStatusCode");
  return typeof status === "number" ? status : undefined;
}
