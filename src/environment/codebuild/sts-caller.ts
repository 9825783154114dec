import type { CallerClaim, VerifyCaller } from "../environment.ts";

export type StsCallerOptions = {
  readonly region: string;
  /** ARN of the role that the build of an environment has. */
  readonly serviceRole: (claim: Pick<CallerClaim, "project" | "access">) => string;
  /** Base URL of STS instead of the region's own. */
  readonly endpoint?: string;
};

const timeoutMilliseconds = 5_000;
const mostUrlBytes = 8_192;
const mostAnswerBytes = 65_536;
/** What the runner signs beside the address: a request that was made for anything else is refused. */
const signedHeaders = "host;x-slipway-environment";

/**
 * Verifies a caller by the STS GetCallerIdentity request that its runner signed with the build's own credentials.
 * CodeBuild names the session of a build `AWSCodeBuild-<UUID of the build>`, which nobody who may not assume the
 * build's role can have.
 */
export function stsCaller(options: StsCallerOptions): VerifyCaller {
  const suffix = options.region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const origin = new URL(options.endpoint ?? `https://sts.${options.region}.${suffix}`).origin;

  return async (claim) => {
    if (claim.caller === undefined) {
      return "it did not say who it is; is the credentials endpoint within the build's reach?";
    }
    const url = presigned(claim.caller, origin);
    if (url === undefined) return `its proof is no presigned GetCallerIdentity of ${origin}`;
    const expected = sessionArn(options.serviceRole(claim), claim.handle);
    if (expected === undefined) return `the environment is no build, but ${claim.handle}`;
    const answer = await ask(url, claim.environmentId);
    if (answer === undefined) return "STS does not accept its proof";
    return answer === expected ? undefined : `it is ${answer}, not ${expected}`;
  };
}

/** Undefined where STS refuses the request; rejects where STS is away or too busy. */
async function ask(url: URL, environmentId: string): Promise<string | undefined> {
  const response = await fetch(url, {
    headers: { "x-slipway-environment": environmentId },
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  const text = (await response.text()).slice(0, mostAnswerBytes);
  if (response.ok) return /<Arn>([^<]{1,2048})<\/Arn>/.exec(text)?.[1];
  if (response.status >= 500 || response.status === 429 || text.includes("Throttling")) {
    throw new Error(`STS answers ${response.status}`);
  }
  return undefined;
}

/** The service calls STS and nothing else, however the address is written. */
function presigned(text: string, origin: string): URL | undefined {
  if (text.length > mostUrlBytes || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const only = (name: string, value: string) => {
    const values = url.searchParams.getAll(name);
    return values.length === 1 && values[0] === value;
  };
  const known = [...url.searchParams.keys()].every(
    (name) => name === "Action" || name === "Version" || name.startsWith("X-Amz-"),
  );
  const isRight =
    known &&
    url.origin === origin &&
    url.username === "" &&
    url.pathname === "/" &&
    only("Action", "GetCallerIdentity") &&
    only("X-Amz-SignedHeaders", signedHeaders);
  return isRight ? url : undefined;
}

/** The assumed-role ARN of a build, without the role's path ("IAM User Guide: IAM identifiers"). */
function sessionArn(role: string, handle: string): string | undefined {
  const [, partition, account, name] =
    /^arn:([^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(role) ?? [];
  const uuid = /:([0-9a-f-]{36})$/i.exec(handle)?.[1];
  if (partition === undefined || uuid === undefined) return undefined;
  return `arn:${partition}:sts::${account}:assumed-role/${name}/AWSCodeBuild-${uuid}`;
}
