import { createHash, createHmac } from "node:crypto";

export const credentials = { accessKeyId: "AKIADOUBLE", secretAccessKey: "secret of the double" };

export type SignedRequest = {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

/**
 * What is wrong with a request's AWS Signature Version 4, in the header or in the query; undefined when it is
 * right. Written after "Signature Version 4" in the IAM User Guide, apart from the SDK that it checks.
 */
export function signatureProblem(request: SignedRequest, nowMilliseconds: number) {
  const [path = "", query = ""] = request.target.split("?");
  const parameters = query
    .split("&")
    .filter((part) => part !== "")
    .map((part): readonly [string, string] => {
      const [name = "", value = ""] = part.split("=");
      return [name, value];
    });
  const parameter = (name: string) =>
    decodeURIComponent(parameters.find(([key]) => key === name)?.[1] ?? "");
  const inQuery = parameter("X-Amz-Signature") !== "";
  const header = headerOf(request, "authorization");
  const given = inQuery
    ? {
        credential: parameter("X-Amz-Credential"),
        signedHeaders: parameter("X-Amz-SignedHeaders"),
        signature: parameter("X-Amz-Signature"),
        date: parameter("X-Amz-Date"),
      }
    : {
        credential: /Credential=([^,]+)/.exec(header)?.[1] ?? "",
        signedHeaders: /SignedHeaders=([^,]+)/.exec(header)?.[1] ?? "",
        signature: /Signature=([0-9a-f]+)/.exec(header)?.[1] ?? "",
        date: headerOf(request, "x-amz-date"),
      };
  const [key, day = "", region = "", service = ""] = given.credential.split("/");
  if (key !== credentials.accessKeyId) return "InvalidAccessKeyId";
  const signed = given.signedHeaders.split(";");
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith("x-amz-") && !signed.includes(name),
  );
  if (unsigned !== undefined || !signed.includes("host")) return "AccessDenied";
  if (inQuery) {
    const until = dateOf(given.date) + Number(parameter("X-Amz-Expires")) * 1000;
    if (!(nowMilliseconds < until)) return "AccessDenied";
  }
  const bodyHash = inQuery ? "UNSIGNED-PAYLOAD" : headerOf(request, "x-amz-content-sha256");
  if (!inQuery && bodyHash !== sha256(request.body)) return "XAmzContentSHA256Mismatch";
  const canonical = [
    request.method,
    path,
    parameters
      .filter(([name]) => name !== "X-Amz-Signature")
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join("&"),
    ...signed.map((name) => `${name}:${headerOf(request, name).trim().replaceAll(/ +/g, " ")}`),
    "",
    given.signedHeaders,
    bodyHash,
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", given.date, scope, sha256(canonical)].join("\n");
  const signingKey = [region, service, "aws4_request"].reduce(
    (secret, part) => hmac(secret, part),
    hmac(`AWS4${credentials.secretAccessKey}`, day),
  );
  const expected = hmac(signingKey, toSign).toString("hex");
  return expected === given.signature ? undefined : "SignatureDoesNotMatch";
}

function headerOf(request: SignedRequest, name: string): string {
  return String(request.headers[name] ?? "");
}

function dateOf(compact: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(compact)?.slice(1) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: string | Buffer, content: string): Buffer {
  return createHmac("sha256", key).update(content).digest();
}
