/** At most so many characters, the last an ellipsis where some are left out; no character is cut in two. */
export function shorten(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join("")}…`;
}

/** The path of a file inside a repository, as forges spell it; undefined where it leads elsewhere. */
export function insidePath(path: string): string | undefined {
  const inside = path.replace(/^(?:\.?\/)+/, "");
  const parts = inside.split("/");
  const strange = parts.some((part) => part === "" || part === "." || part === "..");
  return strange || /[\n\0]/.test(inside) ? undefined : inside;
}
