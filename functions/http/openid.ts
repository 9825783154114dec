import { Hono } from "hono";
import type { Installation, Ports } from "#service/deps.ts";
import { idTokenAlgorithm, publicKeys } from "#service/runner-api/id-token-keys.ts";

const keysPath = "/oauth/discovery/keys";

/** Where relying parties find what the ID tokens of jobs are signed with (OpenID Connect Discovery 1.0). */
export function openidRoutes(service: Pick<Ports, "secrets"> & Pick<Installation, "server">): Hono {
  const app = new Hono();

  app.get("/.well-known/openid-configuration", (context) => {
    const issuer = service.server.url;
    return context.json({
      issuer,
      jwks_uri: `${issuer}${keysPath}`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [idTokenAlgorithm],
      scopes_supported: ["openid"],
      claims_supported: ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"],
    });
  });

  app.get(keysPath, async (context) => context.json(await publicKeys(service)));

  return app;
}
