declare const brand: unique symbol;

/** The tag of an image: letters, digits, `_`, `.`, `-`, at most 128, not starting with `.` or `-`. */
export type ImageTagName = string & { readonly [brand]: "ImageTagName" };

export type ImageTagResult =
  | { readonly ok: true; readonly tag: ImageTagName }
  | { readonly ok: false; readonly message: string };

/** Checks a tag by the grammar of the OCI distribution specification. */
export function parseImageTag(text: string): ImageTagResult {
  if (isImageTag(text)) return { ok: true, tag: text };
  const message =
    text === ""
      ? "the tag is empty; was the variable behind the `:` empty?"
      : `\`${text.slice(0, 140)}\` is no valid image tag; use letters, digits, \`_\`, \`.\` and \`-\`, at most 128, with no \`.\` or \`-\` in front`;
  return { ok: false, message };
}

function isImageTag(text: string): text is ImageTagName {
  return /^\w[\w.-]{0,127}$/.test(text);
}
