import { Hono } from "hono";

export type RegistryTokenRequest = {
  readonly authorization: string | undefined;
  readonly scopes: readonly string[];
};

export type RegistryTokenIssuer = (
  request: RegistryTokenRequest,
) => Promise<{ readonly status: 200 | 401; readonly body: Readonly<Record<string, unknown>> }>;

/** `GET /jwt/auth`: Distribution's token authentication specification. */
export function registryTokenRoutes(issue: RegistryTokenIssuer): Hono {
  const app = new Hono();
  app.get("/jwt/auth", async (context) => {
    const answer = await issue({
      authorization: context.req.header("authorization"),
      scopes: (context.req.queries("scope") ?? []).flatMap((scope) => scope.split(" ")),
    });
    return context.json(answer.body, answer.status);
  });
  return app;
}
