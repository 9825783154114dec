import { AwsV4Signer } from "aws4fetch";
import { roleCredentials } from "./role-credentials.ts";

/** As long as a ticket can be exchanged. */
const expiresSeconds = 900;

/**
 * A presigned STS GetCallerIdentity request ("AWS STS API Reference"): who fetches it with the header
 * `x-slipway-environment` learns whose credentials signed it, and can do nothing else with it. Undefined in an
 * environment that has no role of AWS.
 */
export async function callerIdentity(
  env: Readonly<Record<string, string | undefined>>,
  environmentId: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const hasRole =
    env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!region || !hasRole) return undefined;
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const url = new URL(env.AWS_ENDPOINT_URL_STS || `https://sts.${region}.${suffix}/`);
  url.searchParams.set("Action", "GetCallerIdentity");
  url.searchParams.set("Version", "2011-06-15");
  url.searchParams.set("X-Amz-Expires", String(expiresSeconds));
  const signed = await new AwsV4Signer({
    ...(await roleCredentials(env, signal)),
    method: "GET",
    url: url.href,
    headers: { "x-slipway-environment": environmentId },
    service: "sts",
    region,
    signQuery: true,
  }).sign();
  return signed.url.href;
}
