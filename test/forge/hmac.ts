import { createHmac } from "node:crypto";

/** As GitHub, Gitea and Bitbucket sign. */
export function hmacHex(body: Uint8Array | string, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

export const hmacSecrets = {
  current: "It's a Secret to Everybody",
  previous: "the one before",
  foreign: "another project's",
};
