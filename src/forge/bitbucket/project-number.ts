import { createHash } from "node:crypto";

/** A repository's number, which Bitbucket does not have: 48 bits made from its UUID, always the same. */
export function projectNumber(uuid: string): number {
  const name = uuid.replace(/[{}]/g, "").toLowerCase();
  return Number.parseInt(createHash("sha256").update(name).digest("hex").slice(0, 12), 16);
}
