import { sequenceAt, type Token } from "./escapes.ts";
import { sectionMarkAt } from "./section-marks.ts";

/** A piece of text that may be shown, and the end of what was given that cannot be judged before more comes. */
export type Readable = {
  readonly text: string;
  /** Belongs in front of the next piece; never longer than some thousand characters. */
  readonly rest: string;
};

type Manner = {
  /** Whether sequences that choose colours stay. */
  readonly colors: boolean;
  /** Nothing follows: what is left undone is left out. */
  readonly end: boolean;
};

/**
 * Text from whoever may push, as it may reach a terminal: all controls but tab, line feed and carriage return are
 * taken out, and with them every sequence that would set a title, fill the clipboard, move the cursor or ask for an
 * answer; of characters that change the direction of text (UAX #9) those that can show code as what it is not.
 * Colours stay if wanted. Takes time in proportion to the text, whatever is in it.
 */
export function terminalText(text: string, manner: Manner): Readable {
  return readable(text, manner, controls, sequenceAt);
}

/**
 * The same for the log of a job, without the marks of its sections (GitLab Docs, "Custom collapsible sections"). Lines
 * without colours end with a line feed alone.
 */
export function logText(text: string, manner: Manner): Readable {
  return readable(text, manner, manner.colors ? inColors : inPlain, (given, index) => {
    switch (given.charAt(index)) {
      case "s":
        return sectionMarkAt(given, index);
      case "\r":
        return index + 1 < given.length ? { length: 1, shown: false } : undefined;
      default:
        return sequenceAt(given, index);
    }
  });
}

/** Text that is whole, and has no colours. */
export function withoutColors(text: string): string {
  return terminalText(text, { colors: false, end: true }).text;
}

/** A name or title as one line without controls and without anything that changes the direction of text. */
export function oneLine(text: string): string {
  return withoutColors(text)
    .replace(/[\t\n\r\u2028\u2029]+/g, " ")
    .replace(/[\u061c\u200e\u200f]/g, "");
}

const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
// The same, or where a mark of a section may begin: its name, or as much of that as the text still has.
const inColors =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|s(?:e(?:c(?:t(?:i(?:o(?:n(?:_|$)|$)|$)|$)|$)|$)|$)/g;
// The same, or a carriage return that ends a line.
const inPlain =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|s(?:e(?:c(?:t(?:i(?:o(?:n(?:_|$)|$)|$)|$)|$)|$)|$)|\r(?=\n|$)/g;

function readable(
  text: string,
  { colors, end }: Manner,
  places: RegExp,
  tokenAt: (text: string, index: number) => Token | undefined,
): Readable {
  const shown: string[] = [];
  let from = 0;
  places.lastIndex = 0;
  for (let found = places.exec(text); found !== null; found = places.exec(text)) {
    const { index } = found;
    shown.push(text.slice(from, index));
    const token = tokenAt(text, index) ?? (end ? unfinished(text, index) : undefined);
    if (token === undefined) return { text: shown.join(""), rest: text.slice(index) };
    const isShown = token.shown && (colors || found[0].startsWith("s"));
    from = isShown ? index : index + token.length;
    places.lastIndex = index + token.length;
  }
  shown.push(text.slice(from));
  return { text: shown.join(""), rest: "" };
}

/** A word that could have become a mark is a word; half a sequence is nothing. */
function unfinished(text: string, index: number): Token {
  const isWord = text.charAt(index) === "s";
  return { length: isWord ? 1 : text.length - index, shown: isWord };
}
