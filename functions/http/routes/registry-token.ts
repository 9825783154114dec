import { Hono } from "hono";

export type RegistryTokenRequest = {
  readonly authorization: string | undefined;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly account: string | undefined;
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
      service: context.req.query("service") ?? "",
      scopes: (context.req.queries("scope") ?? []).flatMap((scope) => scope.split(" ")),
      account: context.req.query("account"),
    });
    return context.json(answer.body, answer.status);
  });
  return app;
}
