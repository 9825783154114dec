/**
 * Large things by key: plans, job logs, artifacts, caches. Keys are slash-separated words
 * (`pipelines/7/plan.json`); a key is safe as a path because adapters refuse `..`, empty and absolute parts.
 */
export type Blobs = {
  /** Whole, or not at all: a reader never sees half. Replaces what was there. */
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>;
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  readonly putStream: (
    key: string,
    stream: AsyncIterable<Uint8Array>,
    limitBytes: number,
  ) => Promise<{ readonly sizeBytes: number } | "too_large">;
  readonly getStream: (
    key: string,
  ) => Promise<
    { readonly stream: AsyncIterable<Uint8Array>; readonly sizeBytes: number } | undefined
  >;
  readonly delete: (key: string) => Promise<void>;
  /** Sorted; with `before`, only keys that sort before it, and no more is read than that. */
  readonly list: (
    prefix: string,
    options?: { readonly before?: string },
  ) => Promise<readonly string[]>;
  /** What was put below a prefix, with its sizes; logs are not measured so. */
  readonly sizes: (prefix: string) => Promise<readonly StoredBlob[]>;
  /**
   * Appends to a log. `start` must be its present length: else nothing is written and `length` says where
   * to go on. Bytes before `start` that are sent again are accepted and dropped.
   */
  readonly append: (
    key: string,
    start: number,
    bytes: Uint8Array,
  ) => Promise<{ readonly accepted: boolean; readonly length: number }>;
  /** Part of a log from `offset`, and its present length. */
  readonly read: (
    key: string,
    offset: number,
    limitBytes: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly length: number }>;
  /**
   * An address at which anybody who has it may read the blob for so long, under this file name; undefined
   * for one that is not there. Only where the bytes need not come through the service.
   */
  readonly presignRead?: (
    key: string,
    options: { readonly seconds: number; readonly filename: string },
  ) => Promise<string | undefined>;
  /**
   * How anybody who has the answer may write the blob for so long, with exactly so many bytes; with `once`,
   * only where there is none yet (412 else). Undefined for more bytes than one request may bring. Only where
   * the bytes need not come through the service.
   */
  readonly presignWrite?: (
    key: string,
    options: { readonly seconds: number; readonly sizeBytes: number; readonly once: boolean },
  ) => Promise<PresignedWrite | undefined>;
  /** Size of a blob that was put, without reading it; undefined for one that is not there. */
  readonly size?: (key: string) => Promise<number | undefined>;
};

export type StoredBlob = {
  readonly key: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds, on S3 in whole seconds. */
  readonly changedAt: number;
};

/** A request to make as it is: other headers or another length are refused by whoever holds the blob. */
export type PresignedWrite = {
  readonly method: "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};
