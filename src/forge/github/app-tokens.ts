import { createPrivateKey, sign } from "node:crypto";
import { plainPath } from "#pipeline/project-key.ts";
import { ForgeError } from "../forge.ts";
import { type ForgeHttp, type Freshness, forgeHttp, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";

export type GitHubAppOptions = {
  readonly apiUrl: string;
  /** Client id, or the app's number. */
  readonly appId: string;
  readonly installation: number;
  /** The app's private key as GitHub gives it (PEM). */
  readonly key: (how?: Freshness) => Promise<string>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
};

export type AppPermissions = Readonly<Record<string, "read" | "write">>;

/** Installation tokens live for an hour; one is used for no more than this. */
const useMilliseconds = 55 * 60 * 1000;

/**
 * Installation tokens of a GitHub App, each good for one repository and the permissions asked for
 * (GitHub Docs: Generating an installation access token). Kept in memory only.
 */
export function githubAppTokens(
  options: GitHubAppOptions,
): (project: string, permissions: AppPermissions, how?: Freshness) => Promise<string> {
  const { now = Date.now } = options;
  const known = new Map<string, { readonly token: Promise<string>; readonly until: number }>();
  const http = appHttp(options);

  async function make(project: string, permissions: AppPermissions): Promise<string> {
    const answer = await http({
      method: "POST",
      path: `/app/installations/${options.installation}/access_tokens`,
      body: { repositories: [project.slice(project.lastIndexOf("/") + 1)], permissions },
    });
    return readAnswer(answers.installationToken, answer, "an installation token").token;
  }

  return (project, permissions, how) => {
    const key = JSON.stringify([plainPath(project), permissions]);
    const before = known.get(key);
    if (!how?.fresh && before !== undefined && now() < before.until) return before.token;
    const token = make(project, permissions);
    known.set(key, { token, until: now() + useMilliseconds });
    token.catch(() => {
      if (known.get(key)?.token === token) known.delete(key);
    });
    return token;
  };
}

/** Asks as the app itself. */
export function appHttp({ apiUrl, appId, key, now = Date.now }: GitHubAppOptions): ForgeHttp {
  return forgeHttp({
    apiUrl,
    authorize: async (how) => ({ authorization: `Bearer ${appJwt(appId, await key(how), now())}` }),
  });
}

/** The app's own proof: signed for nine minutes, and from a minute ago for clocks that are behind. */
function appJwt(appId: string, pem: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iat: seconds - 60, exp: seconds + 9 * 60, iss: appId };
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey(pem)).toString("base64url")}`;
}

function privateKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new ForgeError("The GitHub App's key is not a private key in PEM form.", {
      retryable: false,
    });
  }
}
