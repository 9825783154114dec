declare const brand: unique symbol;
export type RefSlug = string & { readonly [brand]: "RefSlug" };

/**
 * `CI_COMMIT_REF_SLUG` by GitLab's rule (Predefined variables, "CI_COMMIT_REF_SLUG"): lower-case, every
 * code point outside 0-9a-z becomes one `-`, cut to 63, then leading and trailing `-` go. It may be the
 * empty string (`日本語`, `_`): `imageTagFor` says what is done then.
 */
export function refSlug(refName: string): RefSlug {
  const replaced = refName.toLowerCase().replace(/[^a-z0-9]/gu, "-");
  return replaced.slice(0, 63).replace(/^-+|(?<!-)-+$/g, "") as RefSlug;
}
