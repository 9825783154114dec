import { terminalText } from "#terminal/readable.ts";

// Everything that commands write goes through here: names, titles, logs and messages in it come from whoever may push.

/** A text and a line feed on standard output, without what would steer a terminal. */
export function print(text: string): void {
  printPart(`${text}\n`);
}

/** A part of a text, of which sequences for colours are whole, on standard output. */
export function printPart(text: string): void {
  process.stdout.write(safe(text));
}

/** A text and a line feed on standard error, without what would steer a terminal. */
export function printError(text: string): void {
  process.stderr.write(`${safe(text)}\n`);
}

/** A value that its owner asked for, byte for byte. */
export function printExactly(value: string): void {
  process.stdout.write(`${value}\n`);
}

/** JSON that says the same, with controls and characters that change the direction of text as `\u` escapes. */
export function asJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function safe(text: string): string {
  return terminalText(text, { colors: true, end: true }).text;
}
