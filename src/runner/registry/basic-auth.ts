/** The base64 of `user:password`, as registries and docker's configuration have it; undefined without a user. */
export function readBasicAuth(
  base64: string,
): { readonly username: string; readonly password: string } | undefined {
  const text = Buffer.from(base64, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon > 0
    ? { username: text.slice(0, colon), password: text.slice(colon + 1) }
    : undefined;
}
