import { defined } from "#language/defined.ts";
import type { GivenConnection } from "./settings-schema.ts";

/** A connection to a forge, as `slipway.yaml` names it. Secrets are named here, never held. */
export type ForgeConnection = {
  readonly name: string;
  readonly kind: "gitlab" | "github" | "gitea" | "bitbucket";
  /** Where people see the forge and git clones from, without trailing slash. */
  readonly url: string;
  readonly apiUrl: string;
  /** The user that the token belongs to, where the forge wants one beside it. */
  readonly user?: string;
  readonly access:
    | {
        readonly tokenSecret: string;
        /** Of a token that may only read: runners clone with it, so jobs can see it. */
        readonly cloneTokenSecret: string;
      }
    | { readonly appId: string; readonly installation: number; readonly keySecret: string };
  /** The user that belongs to the clone token, as a deploy token has one. */
  readonly cloneUser?: string;
};

const publicUrl = {
  gitlab: "https://gitlab.com",
  github: "https://github.com",
  gitea: "",
  bitbucket: "https://bitbucket.org",
} as const;

/** Fills in the addresses that follow from the kind of forge. */
export function toConnection(name: string, given: GivenConnection): ForgeConnection {
  const url = (given.url ?? publicUrl[given.kind]).replace(/(?<!\/)\/+$/, "");
  return {
    name,
    kind: given.kind,
    url,
    apiUrl: given.api_url?.replace(/(?<!\/)\/+$/, "") ?? apiUrlOf(given.kind, url),
    access: accessOf(given),
    ...defined({ user: given.user, cloneUser: given.clone_user }),
  };
}

function accessOf({ app, token, clone_token: clone }: GivenConnection): ForgeConnection["access"] {
  if (app === undefined)
    return { tokenSecret: token?.secret ?? "", cloneTokenSecret: clone?.secret ?? "" };
  return { appId: String(app.id), installation: app.installation, keySecret: app.key.secret };
}

function apiUrlOf(kind: ForgeConnection["kind"], url: string): string {
  switch (kind) {
    case "gitlab":
      return `${url}/api/v4`;
    case "github":
      return url === publicUrl.github ? "https://api.github.com" : `${url}/api/v3`;
    case "gitea":
      return `${url}/api/v1`;
    case "bitbucket":
      return url === publicUrl.bitbucket ? "https://api.bitbucket.org/2.0" : `${url}/2.0`;
  }
}
