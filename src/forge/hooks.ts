/** Where a forge is to send its events, and with which secrets. */
export type WantedHook = {
  readonly url: string;
  /** Sent in clear by old GitLab servers; the key of the signature elsewhere. */
  readonly secret: string;
  /** `whsec_` and 32 bytes in base64: what GitLab signs with, from 19.0 on. */
  readonly signingToken: string;
};

export type HookOutcome = {
  readonly result: "created" | "updated";
  /** Which of the two the forge uses from now on. */
  readonly uses: "secret" | "signingToken";
};

/** What somebody who connects a project needs of its forge. Throws `ForgeError` as a client does. */
export type ProjectHooks = {
  /** Sees to it that there is exactly one hook for the URL, with these secrets and the events that start pipelines. */
  readonly register: (wanted: WantedHook) => Promise<HookOutcome>;
  /** What the connection's token may not do but should, in sentences for a person; none: all is well. */
  readonly missingRights: () => Promise<readonly string[]>;
};
