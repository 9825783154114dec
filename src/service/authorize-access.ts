import { isoNow, type ServiceDeps } from "./deps.ts";

/** Whether this is an access token: it may use the API and git, all projects. */
export async function authorizeAccess(deps: ServiceDeps, token: string): Promise<boolean> {
  const hash = deps.hash(token);
  const kept = (await deps.accessTokens?.()) ?? [];
  // Hashes are compared, so that the time it takes tells nothing of the token.
  if (kept.some((value) => value !== "" && deps.hash(value) === hash)) return true;
  const grant = await deps.store.tokens.get(hash, isoNow(deps));
  return grant?.kind === "access";
}
