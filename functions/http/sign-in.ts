import { readBasicAuth } from "#http/basic-auth.ts";
import { authorizeAccess } from "#service/access/authorize-access.ts";
import type { Host, Installation, Ports } from "#service/deps.ts";

/** Whether a browser's request carries an access token: as the password of HTTP Basic, under any name (RFC 7617). */
export async function isSignedIn(
  service: Pick<Ports, "store"> & Pick<Installation, "accessTokens"> & Pick<Host, "now" | "hash">,
  request: Request,
): Promise<boolean> {
  const given = readBasicAuth(request.headers.get("authorization"));
  return given !== undefined && given.password !== "" && authorizeAccess(service, given.password);
}
