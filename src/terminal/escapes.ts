/** What stands at one place of a text: how much of it, and whether it may be shown. */
export type Token = { readonly length: number; readonly shown: boolean };

/** A kind of sequence when all of it is there, and its longest beginning. */
type Kind = { readonly whole: RegExp; readonly begun: RegExp };

/**
 * What terminals act on instead of printing it (ECMA-48; XTerm Control Sequences). All have a longest length: what is
 * longer is no sequence but a way to hide a log. Strings (OSC, DCS and their like) end with their line at the latest.
 */
const kinds: readonly Kind[] = [
  {
    whole: /(?:\x1b\[|\x9b)([0-?]{0,128})([ -/]{0,16})([@-~])/y,
    begun: /(?:\x1b\[|\x9b)[0-?]{0,128}[ -/]{0,16}/y,
  },
  {
    whole:
      /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x9c\n]{0,4096}(?:[\x07\x18\x1a\x9c]|\x1b\\)/y,
    begun:
      /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x9c\n]{0,4096}(?:\x1b(?![\s\S]))?/y,
  },
  { whole: /\x1b[ -/]{0,16}[0-~]/y, begun: /\x1b[ -/]{0,16}/y },
];

/** Colours, and what else is about how characters look: SGR (ECMA-48, 8.3.117) as every terminal writes it. */
const appearance = /^\x1b\[[\d;:]{0,128}m$/;

/** The sequence that begins at a control character; undefined where it may go on behind the end of the text. */
export function sequenceAt(text: string, index: number): Token | undefined {
  for (const { whole, begun } of kinds) {
    const beginning = match(begun, text, index);
    if (beginning === "") continue;
    const all = match(whole, text, index);
    if (all !== "") return { length: all.length, shown: appearance.test(all) };
    if (index + beginning.length === text.length) return undefined;
    return { length: beginning.length, shown: false };
  }
  return { length: 1, shown: false };
}

function match(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? "";
}
