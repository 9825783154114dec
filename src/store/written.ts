/** A saved thing and the version that the next write must name. */
export type Versioned<T> = { readonly value: T; readonly version: number };

/** The store cannot hold a thing of this size in one item; nothing was written. */
export class ItemTooLarge extends Error {
  override readonly name = "ItemTooLarge";
  readonly what: string;
  readonly sizeBytes: number;
  readonly limitBytes: number;

  constructor(what: string, sizeBytes: number, limitBytes: number) {
    super(
      `${what} needs ${Math.ceil(sizeBytes / 1024)} KB of state, and one item holds at most ` +
        `${Math.floor(limitBytes / 1024)} KB: use fewer jobs, shorter names or smaller variables.`,
    );
    this.what = what;
    this.sizeBytes = sizeBytes;
    this.limitBytes = limitBytes;
  }
}
