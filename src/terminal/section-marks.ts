import type { Token } from "./escapes.ts";

const name = "section_";
const whole = /section_(?:start|end):\d{1,20}:[\w.-]{1,200}(?:\[[^\]\r\n]{0,500}\])?\r/y;
const begun = /section_[a-z]{0,5}(?::\d{0,20}(?::[\w.-]{0,200}(?:\[[^\]\r\n]{0,500}\]?)?)?)?/y;

/**
 * The mark of a section that begins here, `section_start:1700000000:name[collapsed=true]` and a carriage return;
 * undefined where it may go on behind the end of the text.
 */
export function sectionMarkAt(text: string, index: number): Token | undefined {
  if (text.length - index < name.length) return undefined;
  whole.lastIndex = index;
  const mark = whole.exec(text);
  if (mark !== null) return { length: mark[0].length, shown: false };
  begun.lastIndex = index;
  const beginning = begun.exec(text)?.[0] ?? "";
  if (index + beginning.length === text.length) return undefined;
  return { length: 1, shown: true };
}
