// Where the entries of a text's outermost map begin, told by the first character of each line alone.

/** YAML's indicators that end or continue an entry rather than begin the next. */
const noKey = new Set("-?:,[]{}&*!|>@`");

/**
 * Offsets of the entries where a text is one block map at the left margin; undefined where it may be more than
 * that, or less. An entry that is not whole on its own (text in quotes that goes on at the margin) cannot be
 * told from here: the parser finds it out.
 */
export function partsOf(
  text: string,
  lineStarts: readonly number[],
): readonly number[] | undefined {
  const starts: number[] = [];
  let isMarked = false;
  for (const offset of lineStarts) {
    switch (kindOfLine(text, offset)) {
      case "key":
        starts.push(offset);
        break;
      case "marker":
        if (isMarked || starts.length > 0) return undefined;
        isMarked = true;
        break;
      case "other":
        return undefined;
      case "content":
        if (starts.length === 0) return undefined;
        break;
      case "blank":
        break;
    }
  }
  return starts.length > 1 ? starts : undefined;
}

function kindOfLine(
  text: string,
  offset: number,
): "key" | "marker" | "blank" | "content" | "other" {
  const first = text.charAt(offset);
  if (first === "" || first === "\n" || first === "\r" || first === "#") return "blank";
  if (first === " " || first === "\t") return isBlank(text, offset) ? "blank" : "content";
  if (first === "%" || text.startsWith("...", offset)) return "other";
  if (text.startsWith("---", offset)) return isBlank(text, offset + 3) ? "marker" : "other";
  return noKey.has(first) ? "content" : "key";
}

/** Whether only blanks, or a comment, follow up to the end of the line. */
function isBlank(text: string, offset: number): boolean {
  let at = offset;
  while (text.charAt(at) === " " || text.charAt(at) === "\t" || text.charAt(at) === "\r") at += 1;
  const next = text.charAt(at);
  return next === "" || next === "\n" || next === "#";
}
