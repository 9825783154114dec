import { terminalText } from "#terminal/readable.ts";
import { readableJson } from "#terminal/readable-json.ts";

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

/** JSON that steers no terminal either. */
export const asJson = readableJson;

function safe(text: string): string {
  return terminalText(text, { colors: true, end: true }).text;
}
