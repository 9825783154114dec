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

/** The calls that connecting a project needs. Each throws `ForgeError` as a client does. */
export type ProjectHooks = {
  /** Ensures that there is exactly one hook for the URL, with these secrets and the events that start pipelines. */
  readonly register: (wanted: WantedHook) => Promise<HookOutcome>;
  /** The rights that the connection's token lacks, as sentences for a person. Empty if nothing is missing. */
  readonly missingRights: () => Promise<readonly string[]>;
};
