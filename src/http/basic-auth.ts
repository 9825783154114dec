import { isUtf8 } from "node:buffer";

export type BasicCredentials = { readonly username: string; readonly password: string };

/** No credential of ours or of a forge comes near it. */
const MAX_HEADER_CHARACTERS = 4_096;

/**
 * The credentials in an `Authorization` header of the scheme Basic (RFC 7617); user or password may be empty.
 * Undefined for no header, another scheme, one that is too long, and whatever is not exactly padded base64 of
 * UTF-8 without control characters that has a colon.
 */
export function readBasicAuth(
  authorization: string | null | undefined,
): BasicCredentials | undefined {
  if (!authorization || authorization.length > MAX_HEADER_CHARACTERS) return undefined;
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded || !isUtf8(bytes)) return undefined;
  const text = bytes.toString("utf8");
  return /[\x00-\x1f\x7f]/.test(text) ? undefined : splitCredentials(text);
}

/** `user:password` at its first colon: names have none, passwords may. Undefined where there is no colon. */
export function splitCredentials(text: string): BasicCredentials | undefined {
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** What follows the word `Basic` in the header, and stands as `auth` in a Docker client's configuration. */
export function encodeBasicAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}
