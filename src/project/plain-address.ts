/** An http(s) address without user name, password, query or fragment. */
export function isPlainAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const plain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return /^https?:$/.test(url.protocol) && plain;
}

/** One that is https, and that a path can be put behind. */
export function isPlainHttps(value: string): boolean {
  return isPlainAddress(value) && new URL(value).protocol === "https:" && !value.endsWith("/");
}
