import { type Host, type Installation, isoNow, type Ports } from "../deps.ts";

/** Whether this is an access token: it may use the API and git, all projects. */
export async function authorizeAccess(
  deps: Pick<Ports, "store"> & Pick<Installation, "accessTokens"> & Pick<Host, "now" | "hash">,
  token: string,
): Promise<boolean> {
  const hash = deps.hash(token);
  // Hashes are compared, so that the duration reveals nothing about the token.
  const isAmong = (values: readonly string[]) =>
    values.some((value) => value !== "" && deps.hash(value) === hash);
  if (isAmong((await deps.accessTokens?.()) ?? [])) return true;
  const grant = await deps.store.tokens.get(hash, isoNow(deps));
  if (grant?.kind === "access") return true;
  // The token may have been set by a rotation a moment ago.
  return token !== "" && isAmong((await deps.accessTokens?.({ fresh: true })) ?? []);
}
