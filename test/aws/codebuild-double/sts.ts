import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { BuildRecord } from "./build.ts";

/** What STS answers. */
export type StsAnswer = { readonly status: number; readonly body: string };

/**
 * GetCallerIdentity for presigned requests of builds ("AWS STS API Reference", "IAM User Guide: Create a signed AWS
 * API request"): a build's credentials are a session of its role that is named after the build.
 */
export function callerIdentity(
  target: string,
  headers: IncomingHttpHeaders,
  builds: Iterable<BuildRecord>,
  account: string,
): StsAnswer {
  const url = new URL(target, "http://sts");
  const query = url.searchParams;
  if (query.get("Action") !== "GetCallerIdentity") return failure("InvalidAction");
  const [accessKeyId] = (query.get("X-Amz-Credential") ?? "").split("/");
  const build = [...builds].find(({ keys }) => keys.accessKeyId === accessKeyId);
  if (build === undefined) return failure("InvalidClientTokenId");
  if (query.get("X-Amz-Security-Token") !== build.keys.sessionToken) {
    return failure("InvalidClientTokenId");
  }
  if (isExpired(query)) return failure("ExpiredToken");
  if (!isSigned(url, headers, build.keys.secretAccessKey)) return failure("SignatureDoesNotMatch");
  const role = build.settings.serviceRole.split("/").at(-1) ?? "";
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/AWSCodeBuild-${build.uuid}`;
  const user = `AROADOUBLE:AWSCodeBuild-${build.uuid}`;
  return {
    status: 200,
    body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>${user}</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  };
}

function failure(code: string): StsAnswer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`;
  return { status: 403, body };
}

function isExpired(query: URLSearchParams): boolean {
  const date = query.get("X-Amz-Date") ?? "";
  const signedAt = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  const seconds = Number(query.get("X-Amz-Expires") ?? 0);
  return !(Date.now() < signedAt + seconds * 1000);
}

function isSigned(url: URL, headers: IncomingHttpHeaders, secret: string): boolean {
  const query = url.searchParams;
  const scope = (query.get("X-Amz-Credential") ?? "").split("/").slice(1);
  const names = (query.get("X-Amz-SignedHeaders") ?? "").split(";");
  const parameters = [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort();
  const canonical = [
    "GET",
    url.pathname,
    parameters.join("&"),
    ...names.map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    names.join(";"),
    createHash("sha256").update("").digest("hex"),
  ].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const date = query.get("X-Amz-Date") ?? "";
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), digest].join("\n");
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const expected = createHmac("sha256", key).update(toSign).digest();
  const given = Buffer.from(query.get("X-Amz-Signature") ?? "", "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
