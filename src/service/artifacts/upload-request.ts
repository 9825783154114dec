import type { JobArtifact } from "#pipeline/pipeline.ts";

export type UploadRequest = {
  readonly jobId: number;
  readonly token: string;
  readonly type: string;
  readonly format: JobArtifact["format"];
  /** As written in `artifacts:expire_in`. */
  readonly expireIn?: string;
};

export type UploadAnswer =
  | { readonly answer: "accepted" }
  | { readonly answer: "too_large"; readonly limitBytes: number }
  | { readonly answer: "invalid"; readonly message: string }
  /** Another upload of the same file is under way, and both do not fit. */
  | { readonly answer: "busy" }
  | { readonly answer: "unknown" | "forbidden" };
