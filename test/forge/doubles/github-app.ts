import { createVerify, generateKeyPairSync } from "node:crypto";
import * as z from "zod/mini";
import { notFound, type Reply, type Route } from "./api-server.ts";

const tokenBody = z.object({
  repositories: z.array(z.string()),
  permissions: z.record(z.string(), z.string()),
});

export type InstallationToken = z.infer<typeof tokenBody> & { readonly token: string };

type App = { readonly id: string; readonly installation: number; readonly publicKey: string };

/** What GitHub answers an App that asks for itself: its installation, and tokens with no more rights than that has. */
export function githubAppRoutes(options: {
  readonly app: App;
  readonly granted: Readonly<Record<string, string>>;
  readonly installationTokens: InstallationToken[];
  readonly invalid: (message: string) => Reply;
}): Route[] {
  const { app, granted, installationTokens, invalid } = options;
  return [
    [
      "GET",
      /^\/app\/installations\/(\d+)$/,
      ({ params, headers }) => {
        if (!isAppJwt(headers.authorization ?? "", app))
          return { status: 401, json: { message: "A JSON web token could not be decoded" } };
        return Number(params[0]) === app.installation
          ? { json: { id: app.installation, permissions: granted } }
          : notFound;
      },
    ],
    [
      "POST",
      /^\/app\/installations\/(\d+)\/access_tokens$/,
      ({ params, headers, body }) => {
        if (!isAppJwt(headers.authorization ?? "", app))
          return { status: 401, json: { message: "A JSON web token could not be decoded" } };
        if (Number(params[0]) !== app.installation) return notFound;
        const { repositories, permissions } = tokenBody.parse(body);
        if (repositories.some((name) => name !== "app"))
          return invalid("There is at least one repository that does not exist");
        const asked = Object.entries(permissions);
        if (asked.some(([name, level]) => ![level, "write"].includes(granted[name] ?? "")))
          return invalid("The permissions requested are not granted to this installation.");
        const made = `ghs_${installationTokens.length}-double`;
        installationTokens.push({ token: made, repositories, permissions });
        const expires = new Date(Date.now() + 3600_000).toISOString();
        return { status: 201, json: { token: made, expires_at: expires } };
      },
    ],
  ];
}

/** Made once: it takes a moment. */
export const appKeys: { readonly privateKey: string; readonly publicKey: string } =
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });

/** Signed by the app's key, issued by it, not yet over, and for no more than ten minutes. */
function isAppJwt(authorization: string, app: App): boolean {
  const [head = "", claims = "", signature = ""] = authorization.replace("Bearer ", "").split(".");
  const verify = createVerify("RSA-SHA256").update(`${head}.${claims}`);
  if (!verify.verify(app.publicKey, signature, "base64url")) return false;
  const { iat, exp, iss } = JSON.parse(Buffer.from(claims, "base64url").toString());
  const now = Date.now() / 1000;
  return iss === app.id && iat <= now && exp > now && exp <= now + 600;
}
