import type { ErrorCode } from "../error-code.ts";

/** What every error of the API says: to people, and to programs. */
export type ErrorView = { readonly error: string; readonly code: ErrorCode };

export function errorView(code: ErrorCode, message: string): ErrorView {
  return { error: message, code };
}
