// The YAML of most jobs: block maps and lists of scalars on one line, `[a, b]`, `|` texts and comments. Read
// straight into the tree, several times as fast as the library does; whatever is more than that is left to it.
import {
  type Entry,
  listNode,
  mapNode,
  type Node,
  type Place,
  type SourceText,
  scalarNode,
} from "../tree/node.ts";
import { isDate, plainScalar } from "./scalar.ts";

export type PlainEntry = { readonly key: string; readonly entry: Entry };

/** Stands before the content of a line, in the column `indent`; at the end the column is -1. */
type Cursor = {
  readonly text: string;
  readonly end: number;
  readonly source: SourceText;
  at: number;
  indent: number;
};

const deepest = 50;
const keyForm = /[\w.](?:[\w./$@ -]*[\w./$@-])?(?=:(?: |\n|$))/y;
const quotedForm = /"[^"\\\n]*"|'[^'\n]*'(?!')/y;
const flowForm = /[^\s\-?:,[\]{}#&*!|>'"%@`][^,[\]{}#'":\n]*/y;
const literalForm = /\|-?(?= *(?:\n|$))/y;
const lineEnd = /(?: +#[^\n]*| *)(?:\n|$)/y;

/** Whether a text has no character that only the library may judge: tabs, carriage returns, other controls. */
export function mayBePlain(text: string): boolean {
  return !/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(text);
}

/** The entry of the outermost map that is all of `text` from `start` to `end`; undefined where it is not plain. */
export function readPlainEntry(
  text: string,
  start: number,
  end: number,
  source: SourceText,
): PlainEntry | undefined {
  const cursor: Cursor = { text, end, source, at: start, indent: 0 };
  const map = readMap(cursor, 0, 1);
  if (map?.kind !== "map" || map.entries.size !== 1 || cursor.indent !== -1) return undefined;
  for (const [key, entry] of map.entries) return { key, entry };
  return undefined;
}

function readMap(cursor: Cursor, indent: number, depth: number): Node | undefined {
  if (depth > deepest) return undefined;
  const entries = new Map<string, Entry>();
  const place = placeOf(cursor);
  while (cursor.indent === indent) {
    const keyPlace = placeOf(cursor);
    const key = take(cursor, keyForm);
    if (key === undefined || entries.has(key)) return undefined;
    cursor.at += 1;
    skipSpaces(cursor);
    const value = isLineEnd(cursor) ? readBelow(cursor, indent, depth) : readInLine(cursor, indent);
    if (value === undefined) return undefined;
    entries.set(key, { keyPlace, value });
  }
  return cursor.indent < indent ? mapNode(entries, place) : undefined;
}

function readList(cursor: Cursor, indent: number, depth: number): Node | undefined {
  if (depth > deepest) return undefined;
  const items: Node[] = [];
  const place = placeOf(cursor);
  while (cursor.indent === indent && isItem(cursor)) {
    const dash = cursor.at;
    cursor.at += 1;
    skipSpaces(cursor);
    const column = indent + cursor.at - dash;
    if (isItem(cursor)) return undefined;
    keyForm.lastIndex = cursor.at;
    if (keyForm.test(cursor.text)) cursor.indent = column;
    const item =
      cursor.indent === column ? readMap(cursor, column, depth + 1) : readInLine(cursor, indent);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return cursor.indent <= indent ? listNode(items, place) : undefined;
}

/** The map or list that begins on a line below its key; nothing there is for the library to place. */
function readBelow(cursor: Cursor, indent: number, depth: number): Node | undefined {
  skipLine(cursor);
  skipToContent(cursor);
  const inner = cursor.indent;
  if (isItem(cursor) && inner >= indent) return readList(cursor, inner, depth + 1);
  return inner > indent ? readMap(cursor, inner, depth + 1) : undefined;
}

/** A value that ends with its line, unless the next line goes on with it. */
function readInLine(cursor: Cursor, indent: number): Node | undefined {
  const chomped = take(cursor, literalForm);
  if (chomped !== undefined) return readLiteral(cursor, indent, chomped);
  const value = cursor.text.charAt(cursor.at) === "[" ? readFlow(cursor) : readScalar(cursor);
  if (value === undefined || take(cursor, lineEnd) === undefined) return undefined;
  skipToContent(cursor);
  return cursor.indent <= indent ? value : undefined;
}

function readScalar(cursor: Cursor): Node | undefined {
  const place = placeOf(cursor);
  const quoted = take(cursor, quotedForm);
  if (quoted !== undefined) {
    const inside = quoted.slice(1, -1);
    return scalarNode(inside, inside, place);
  }
  const { text, at } = cursor;
  const first = text.charAt(at);
  if ("?:,[]{}#&*!|>'\"%@`".includes(first) || isItem(cursor)) return undefined;
  const newline = text.indexOf("\n", at);
  const line = text.slice(at, newline === -1 ? cursor.end : newline);
  const comment = line.indexOf(" #");
  const written = (comment === -1 ? line : line.slice(0, comment)).trimEnd();
  cursor.at = at + written.length;
  return plainNode(written, place);
}

function plainNode(text: string, place: Place): Node | undefined {
  const isMore = text === "-" || text.includes(": ") || text.endsWith(":");
  return isMore || isDate(text) ? undefined : plainScalar(text, place);
}

/** `[a, "b"]` on one line. */
function readFlow(cursor: Cursor): Node | undefined {
  const place = placeOf(cursor);
  const items: Node[] = [];
  do {
    cursor.at += 1;
    skipSpaces(cursor);
    const at = placeOf(cursor);
    const quoted = take(cursor, quotedForm);
    const text = quoted?.slice(1, -1) ?? take(cursor, flowForm)?.trimEnd();
    if (text === undefined) return undefined;
    const item = quoted === undefined ? plainNode(text, at) : scalarNode(text, text, at);
    if (item === undefined) return undefined;
    items.push(item);
    skipSpaces(cursor);
  } while (cursor.text.charAt(cursor.at) === ",");
  return take(cursor, /\]/y) === undefined ? undefined : listNode(items, place);
}

/** The lines below `|`, without their common indentation. */
function readLiteral(cursor: Cursor, parent: number, header: string): Node | undefined {
  const { text, end, source } = cursor;
  const place: Place = { source, offset: cursor.at - header.length };
  const lines: string[] = [];
  let at = text.indexOf("\n", cursor.at) + 1;
  const first = /\S/g;
  first.lastIndex = at;
  const content = first.exec(text)?.index ?? end;
  const indent = content - at;
  const isThere = at > 0 && content < end && !text.slice(at, content).includes("\n");
  if (!isThere || indent <= parent) return undefined;
  while (at < end) {
    const newline = text.indexOf("\n", at);
    const next = newline === -1 || newline > end ? end : newline;
    const line = text.slice(at, next);
    const written = line.trimStart();
    if (written === "" && line.length > indent) return undefined;
    if (written !== "" && line.length - written.length < indent) break;
    lines.push(line.slice(indent));
    at = next + 1;
  }
  while (lines.at(-1) === "") lines.pop();
  const value = `${lines.join("\n")}${header === "|" ? "\n" : ""}`;
  cursor.at = Math.min(at, end);
  skipToContent(cursor);
  return cursor.indent <= parent ? scalarNode(value, value, place) : undefined;
}

/** From the start of a line over blank lines and comments. */
function skipToContent(cursor: Cursor): void {
  for (;;) {
    const start = cursor.at;
    skipSpaces(cursor);
    if (cursor.at >= cursor.end) {
      cursor.indent = -1;
      return;
    }
    const first = cursor.text.charAt(cursor.at);
    if (first !== "\n" && first !== "#") {
      cursor.indent = cursor.at - start;
      return;
    }
    skipLine(cursor);
  }
}

function skipLine(cursor: Cursor): void {
  const newline = cursor.text.indexOf("\n", cursor.at);
  cursor.at = newline === -1 ? cursor.end : newline + 1;
}

function take(cursor: Cursor, form: RegExp): string | undefined {
  form.lastIndex = cursor.at;
  const [found] = form.exec(cursor.text) ?? [];
  if (found === undefined || cursor.at + found.length > cursor.end) return undefined;
  cursor.at += found.length;
  return found;
}

function skipSpaces(cursor: Cursor): void {
  while (cursor.text.charAt(cursor.at) === " ") cursor.at += 1;
}

function isLineEnd({ text, at, end }: Cursor): boolean {
  const next = text.charAt(at);
  return at >= end || next === "\n" || (next === "#" && text.charAt(at - 1) === " ");
}

function isItem({ text, at }: Cursor): boolean {
  return text.charAt(at) === "-" && text.charAt(at + 1) === " ";
}

function placeOf({ source, at }: Cursor): Place {
  return { source, offset: at };
}
