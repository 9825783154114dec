export const exitCodes = { done: 0, failed: 1, usage: 2, absent: 3 } as const;

/** A failure that the user can do something about: its message is all that is shown. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;
  constructor(message: string, exitCode: number, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
