import { type Host, isoNow, type Ports } from "../deps.ts";

/** Whether an environment token may ask for jobs (`POST /runners/verify`). */
export async function verifyRunner(
  deps: Pick<Ports, "store"> & Pick<Host, "now" | "hash">,
  token: string,
): Promise<{ readonly expiresAt: string } | "refused"> {
  const grant = await deps.store.tokens.get(deps.hash(token), isoNow(deps));
  return grant?.kind === "environment" ? { expiresAt: grant.expiresAt } : "refused";
}
