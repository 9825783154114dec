import { authorizeAccess } from "#service/access/authorize-access.ts";
import type { ServiceDeps } from "#service/deps.ts";

/** Whether a browser's request carries an access token: as the password of HTTP Basic, under any name (RFC 7617). */
export async function isSignedIn(service: ServiceDeps, request: Request): Promise<boolean> {
  const [, encoded] =
    /^Basic +([\w+/=-]+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (encoded === undefined) return false;
  const credentials = Buffer.from(encoded, "base64").toString("utf8");
  const colon = credentials.indexOf(":");
  if (colon < 0 || colon === credentials.length - 1) return false;
  return authorizeAccess(service, credentials.slice(colon + 1));
}
