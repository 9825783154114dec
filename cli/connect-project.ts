import { randomBytes } from "node:crypto";
import { connectForge } from "#forge/connections.ts";
import { ForgeError } from "#forge/forge.ts";
import type { HookOutcome } from "#forge/hooks.ts";
import { isSigningToken } from "#forge/http/standard-webhooks.ts";
import { plainPath } from "#pipeline/project-key.ts";
import type { ForgeConnection } from "#project/connection.ts";
import { type Settings, settingsOf } from "#project/parse-settings.ts";
import type { Secrets } from "#secrets/secrets.ts";
import { webhookSecretName } from "#service/keys.ts";

export type ConnectWish = {
  readonly kind: ForgeConnection["kind"];
  /** Address of the forge, as `slipway.yaml` names it. */
  readonly url: string;
  readonly project: string;
  /** Where the forge reaches this service, without trailing slash. */
  readonly serviceUrl: string;
  /** Register the secret that there is, such as a derived one, instead of a new one each time. */
  readonly keepsSecret?: boolean;
};

export type ProjectConnection = HookOutcome & {
  readonly forge: string;
  readonly webhook: string;
  /** What the token should be allowed and is not; the webhook stands all the same. */
  readonly missing: readonly string[];
};

/** `slipway.yaml` does not say what would have to be known; the message holds the lines to add. */
export class NotInSettings extends Error {
  override readonly name = "NotInSettings";
}

/** The token cannot do it; the message says what it lacks. */
export class CannotConnect extends Error {
  override readonly name = "CannotConnect";
}

/**
 * Registers the project's webhook at its forge, or brings the one that is there up to date, and keeps its
 * secrets. May be repeated: the secrets before stay valid for a day, for deliveries on their way.
 */
export async function connectProject(
  wish: ConnectWish,
  settings: Settings,
  secrets: Secrets,
): Promise<ProjectConnection> {
  const connection = connectionFor(wish, settings);
  const forge = connectForge(connection, async (name) => (await secrets.get(name))[0]);
  const hooks = forge.hooks(wish.project);
  const missing = await hooks.missingRights();
  const explain = (error: unknown): never => {
    if (!(error instanceof ForgeError) || error.retryable || missing.length === 0) throw error;
    throw new CannotConnect(missing.join("\n"), { cause: error });
  };
  const found = await forge.client(wish.project).readProject().catch(explain);
  if (found === undefined)
    throw new CannotConnect(
      missing[0] ?? `${connection.url} has no project ${wish.project} that the token can see.`,
    );
  const webhook = `${wish.serviceUrl}/webhooks/${connection.name}/${found.path}`;
  const secretName = webhookSecretName({ forge: connection.name, project: found.path });
  const kept = wish.keepsSecret === true ? (await secrets.get(secretName))[0] : undefined;
  if (kept !== undefined) {
    const outcome = await hooks
      .register({ url: webhook, secret: kept, signingToken: kept })
      .catch(explain);
    // A GitLab that signs nothing sends the secret itself, which a signing token must not be.
    if (!isSigningToken(kept) || connection.kind !== "gitlab" || outcome.uses === "signingToken")
      return { ...outcome, forge: connection.name, webhook, missing };
  }
  const secret = randomBytes(32).toString("base64url");
  const signingToken = `whsec_${randomBytes(32).toString("base64")}`;
  // Kept before the forge knows them: its first delivery may come before its answer.
  await secrets.rotate(secretName, secret);
  if (connection.kind === "gitlab") await secrets.rotate(secretName, signingToken);
  const outcome = await hooks.register({ url: webhook, secret, signingToken }).catch(explain);
  await secrets.rotate(secretName, outcome.uses === "signingToken" ? signingToken : secret);
  return { ...outcome, forge: connection.name, webhook, missing };
}

function connectionFor(wish: ConnectWish, settings: Settings): ForgeConnection {
  const url = wish.url.replace(/(?<!\/)\/+$/, "");
  const connection = [...settings.forges.values()].find(
    (each) => each.kind === wish.kind && each.url === url,
  );
  if (connection === undefined)
    throw new NotInSettings(
      `slipway.yaml has no forge of kind ${wish.kind} at ${url}. Add this, and set both tokens with \`slipway secret NAME\`:\n` +
        `forges:\n  ${wish.kind}:\n    kind: ${wish.kind}\n    url: ${url}\n    token: {secret: ${wish.kind}-token}\n    clone_token: {secret: ${wish.kind}-read}`,
    );
  const isNamed = settings.projects.has(plainPath(wish.project));
  if (!isNamed || settingsOf(settings, wish.project).forge !== connection.name)
    throw new NotInSettings(
      `slipway.yaml does not say that ${wish.project} is at the forge ${connection.name}. Add this:\n` +
        `projects:\n  ${wish.project}:\n    forge: ${connection.name}`,
    );
  return connection;
}
