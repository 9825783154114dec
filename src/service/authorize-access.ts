import { isoNow, type ServiceDeps } from "./deps.ts";

/** Whether this is an access token: it may use the API and git, all projects. */
export async function authorizeAccess(deps: ServiceDeps, token: string): Promise<boolean> {
  const grant = await deps.store.tokens.get(deps.hash(token), isoNow(deps));
  return grant?.kind === "access";
}
