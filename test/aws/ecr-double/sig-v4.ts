import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A request as it came over the wire, with its whole body. */
export type SignedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** The access key that a request claims to be signed with, in its `Authorization` header. */
export function accessKeyOf(request: SignedRequest): string | undefined {
  return parse(request)?.accessKeyId;
}

/**
 * Whether the signature is the one of AWS Signature Version 4 for this secret, and no older than 15 minutes
 * (IAM User Guide, "Create a signed AWS API request").
 */
export function isSignedWith(request: SignedRequest, secret: string, now: number): boolean {
  const parsed = parse(request);
  const date = String(request.headers["x-amz-date"] ?? "");
  if (parsed === undefined || Math.abs(now - instantOf(date)) > 15 * 60_000) return false;
  const url = new URL(request.url, "http://host");
  const query = [...url.searchParams]
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .sort();
  const headers = parsed.signedHeaders.map(
    (name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`,
  );
  const canonical = [
    request.method,
    url.pathname,
    query.join("&"),
    headers.join(""),
    parsed.signedHeaders.join(";"),
    sha256(request.body),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", date, parsed.scope, sha256(canonical)].join("\n");
  const key = parsed.scope
    .split("/")
    .reduce<Buffer | string>((last, part) => hmac(last, part), `AWS4${secret}`);
  return (
    parsed.signedHeaders.includes("host") && hmac(key, toSign).toString("hex") === parsed.signature
  );
}

function parse(request: SignedRequest) {
  const [, accessKeyId, scope, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      request.headers.authorization ?? "",
    ) ?? [];
  if (!accessKeyId || !scope || !signedHeaders || !signature) return undefined;
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(";"), signature };
}

function instantOf(date: string): number {
  return Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
}

function sha256(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
