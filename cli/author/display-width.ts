const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
const halfWidth = /[\uff61-\uffdc]/u;
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const plain = /^[\x20-\x7e]$/;

/** Columns that a terminal gives to one grapheme: two for East Asian and emoji, none for a lone mark. */
export function displayWidth(grapheme: string): 0 | 1 | 2 {
  if (plain.test(grapheme)) return 1;
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) && !halfWidth.test(grapheme) ? 2 : 1;
}

/** Text on one line that a terminal shows and never obeys: control characters become `\u` escapes. */
export function harmless(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      if (character === "\n") return " ";
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    },
  );
}
