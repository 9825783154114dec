/** What a bearer secret stands for. Only its hash is stored. */
export type TokenGrant =
  | {
      readonly kind: "ticket";
      readonly environmentId: string;
      readonly pipelineId: number;
      readonly expiresAt: string;
    }
  | {
      readonly kind: "environment";
      readonly environmentId: string;
      readonly pipelineId: number;
      readonly expiresAt: string;
    }
  /** May pull and push the project's repositories while its job runs. */
  | {
      readonly kind: "job";
      readonly jobId: number;
      readonly pipelineId: number;
      readonly project: string;
      readonly canPush: boolean;
      readonly expiresAt: string;
    }
  /** A person or a server: `access` may use the API and git, `deploy` only pulls. */
  | {
      readonly kind: "access" | "deploy";
      readonly name: string;
      readonly project?: string;
      readonly expiresAt?: string;
    };

export type TokenStore = {
  readonly put: (tokenHash: string, grant: TokenGrant) => Promise<void>;
  /** Undefined also for an expired one. */
  readonly get: (tokenHash: string, now: string) => Promise<TokenGrant | undefined>;
  /** Takes a token out for good: exactly one caller gets the grant, every other one is told what it was. */
  readonly spend: (
    tokenHash: string,
    now: string,
  ) => Promise<TokenGrant | { readonly kind: "spent"; readonly grant: TokenGrant } | "unknown">;
  readonly revoke: (tokenHash: string) => Promise<void>;
};
