/** Secrets by name, several versions at once during a rotation. Values never reach logs or errors. */
export type Secrets = {
  /**
   * Every value that is valid now, newest first; empty when the name is unknown. An adapter may remember them
   * for minutes: `fresh`, for a caller whom none of them fits, asks again, though not at every call.
   */
  readonly get: (name: string, how?: { readonly fresh?: boolean }) => Promise<readonly string[]>;
  /** The newest value; made at random (32 bytes, base64url) when there is none. */
  readonly ensure: (name: string) => Promise<string>;
  /** Adds a new value; those before stay valid until `forgetAt` of the adapter's policy. */
  readonly rotate: (name: string, value: string) => Promise<void>;
};
