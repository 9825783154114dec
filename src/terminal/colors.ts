/** Ends all colours. */
export const reset = "\x1b[0m";

const longest = 256;

/**
 * The sequences that are in force after a text that began with those of `before`: put in front of the next line, they
 * make it look as it would have. What is in force is empty after a reset, and bounded.
 */
export function colorsAfter(text: string, before = ""): string {
  let now = before;
  for (const [sequence, parameters = ""] of text.matchAll(/\x1b\[([\d;:]{0,128})m/g)) {
    if (/^0*(?:[;:]|$)/.test(parameters)) now = "";
    if (!/^[0;:]*$/.test(parameters) && now.length < longest) now += sequence;
  }
  return now;
}
