import type { ImageTagName } from "./image-tag.ts";
import { parseImageTag } from "./image-tag.ts";
import { refSlug } from "./ref-slug.ts";

export type RefTag =
  | { readonly ok: true; readonly tag: ImageTagName }
  /** There is no tag; the message tells the author why, and what to use instead. */
  | { readonly ok: false; readonly message: string };

/** The tag of a ref's image: its slug, as in `$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG`. */
export function imageTagFor(refName: string): RefTag {
  const tag = parseImageTag(refSlug(refName));
  if (tag.ok) return tag;
  const message = `\`${refName}\` has no letter a-z and no digit, so CI_COMMIT_REF_SLUG is empty and gives no image tag; rename the branch or tag, or use $CI_COMMIT_SHORT_SHA in its place`;
  return { ok: false, message };
}

/** Other live refs whose images would get the same tag (`feature/a`, `feature-a`), in the order given. */
export function collidingRefs(refName: string, liveRefs: readonly string[]): string[] {
  const slug = refSlug(refName);
  const others = liveRefs.filter((other) => other !== refName && refSlug(other) === slug);
  return [...new Set(others)];
}
