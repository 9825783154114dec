/** Secrets by name, several versions at once during a rotation. Values never reach logs or errors. */
export type Secrets = {
  /** Every value that is valid now, newest first; empty when the name is unknown. */
  readonly get: (name: string) => Promise<readonly string[]>;
  /** The newest value; made at random (32 bytes, base64url) when there is none. */
  readonly ensure: (name: string) => Promise<string>;
  /** Adds a new value; those before stay valid until `forgetAt` of the adapter's policy. */
  readonly rotate: (name: string, value: string) => Promise<void>;
};
