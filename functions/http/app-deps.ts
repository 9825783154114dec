import type { ServiceDeps } from "#service/deps.ts";
import type { RegistryTokenIssuer } from "./registry-token.ts";

export type AppDeps = {
  readonly service: ServiceDeps;
  /** Where the host issues registry tokens itself (one machine). */
  readonly registryTokens?: RegistryTokenIssuer;
  /** Whether this request may read the pages; API calls always need an access token. */
  readonly mayReadPages: (request: Request) => Promise<boolean>;
};
