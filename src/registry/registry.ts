export type ImageTag = {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
};

/** The registry is unavailable or refused the request. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.retryable = retryable;
  }
}

/** User and password for `docker login`. */
export type JobCredentials = {
  readonly username: string;
  readonly password: string;
  /**
   * The password stands for a token that the runner asks for itself, with the rights of its build's role:
   * it replaces the password wherever it finds it in what it was sent.
   */
  readonly fromRole?: { readonly kind: "ecr"; readonly region: string };
};

/**
 * The container registry as the service uses it. Jobs talk to it directly with their own credentials.
 * All calls are safe to repeat.
 */
export type Registry = {
  /** `host[:port]` as image names carry it. */
  readonly host: string;
  /** Credentials for one job, limited to the project's own repositories. */
  readonly jobCredentials: (job: {
    readonly project: string;
    readonly jobToken: string;
    readonly canPush: boolean;
  }) => Promise<JobCredentials>;
  /** Makes sure that a push to this repository is possible. */
  readonly ensureRepository: (name: string) => Promise<void>;
  readonly listTags: (repository: string) => Promise<readonly ImageTag[]>;
  /** Points `to` at the image that `from` names, without pulling; "absent" when `from` does not exist. */
  readonly retag: (repository: string, from: string, to: string) => Promise<"done" | "absent">;
  readonly deleteTag: (repository: string, tag: string) => Promise<"done" | "absent">;
};
