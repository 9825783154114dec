import { isUtf8 } from "node:buffer";

/** The fields to read of an object: whole, or only some of their own. */
export type FieldShape = { readonly [name: string]: true | FieldShape };

/** Reads some fields of a JSON text in UTF-8; throws `SyntaxError` as `JSON.parse` does. */
export type FieldReader = (json: Uint8Array) => unknown;

/**
 * Makes a reader that stops behind the last field of the shape and steps over all others, which a push with many
 * commits mostly is. What it steps over is not checked beyond its strings and brackets, what comes behind not at
 * all: for texts whose sender is known. Of a name that comes twice the last one counts, as far as it is read.
 */
export function fieldReader(shape: FieldShape): FieldReader {
  const fields = fieldsOf(shape);
  return (json) => {
    const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
    if (!isUtf8(bytes)) throw new SyntaxError("the text is not in UTF-8");
    // One character a byte: positions are the same in both, a byte is faster to look at and a quote to find.
    const text = bytes.toString("latin1");
    const source = { text, bytes, nextBackslash: text.indexOf("\\") };
    const start = skipBlanks(bytes, 0);
    if (bytes[start] !== openingBrace) return JSON.parse(bytes.toString("utf8"));
    const { value, end } = readObject(source, start, fields, true);
    if (skipBlanks(bytes, end) !== bytes.length) throw new SyntaxError("text after the object");
    return value;
  };
}

type Field = { readonly name: string; readonly own: Fields | undefined };
/** Names of the same length side by side: most names of a text have none of these lengths. */
type Fields = { readonly count: number; readonly byLength: ReadonlyMap<number, readonly Field[]> };

function fieldsOf(shape: FieldShape): Fields {
  const all = Object.entries(shape).map(
    ([name, own]): Field => ({ name, own: own === true ? undefined : fieldsOf(own) }),
  );
  const lengths = new Set(all.map(({ name }) => name.length));
  const byLength = new Map(
    [...lengths].map((length) => [length, all.filter(({ name }) => name.length === length)]),
  );
  return { count: all.length, byLength };
}

type Source = {
  readonly text: string;
  readonly bytes: Buffer;
  /** At or behind where the reader is; -1 where there is none any more. */
  nextBackslash: number;
};
type Read = { readonly value: unknown; readonly end: number };

/** `isLast`: nothing is read behind it, so that it need not be read to its end. */
function readObject(source: Source, start: number, fields: Fields, isLast: boolean): Read {
  const { bytes } = source;
  const value: Record<string, unknown> = {};
  let missing = fields.count;
  let at = skipBlanks(bytes, start + 1);
  if (bytes[at] === closingBrace) return { value, end: at + 1 };
  for (;;) {
    if (bytes[at] !== quote) throw new SyntaxError("a name is missing");
    const nameEnd = skipString(source, at);
    const field = fieldNamed(source, at, nameEnd, fields);
    at = skipBlanks(bytes, nameEnd);
    if (bytes[at] !== colon) throw new SyntaxError("a colon is missing");
    at = skipBlanks(bytes, at + 1);
    if (field === undefined) {
      at = skipValue(source, at);
    } else {
      if (!Object.hasOwn(value, field.name)) missing -= 1;
      const isEnough = isLast && missing === 0;
      const read = readValue(source, at, field, isEnough);
      value[field.name] = read.value;
      at = read.end;
      if (isEnough) return { value, end: endOfWhole(bytes) };
    }
    at = skipBlanks(bytes, at);
    const next = bytes[at];
    if (next === closingBrace) return { value, end: at + 1 };
    if (next !== comma) throw new SyntaxError("a comma is missing");
    at = skipBlanks(bytes, at + 1);
  }
}

/** What is cut off does not end with a brace. */
function endOfWhole(bytes: Uint8Array): number {
  let last = bytes.length - 1;
  while ((bytes[last] ?? closingBrace) <= 0x20) last -= 1;
  if (bytes[last] !== closingBrace) throw new SyntaxError("the text is cut off");
  return bytes.length;
}

function readValue(source: Source, at: number, { own }: Field, isLast: boolean): Read {
  const { text, bytes } = source;
  const first = bytes[at];
  if (own !== undefined && first === openingBrace) return readObject(source, at, own, isLast);
  const end = skipValue(source, at);
  const isPlain = first === quote && onlyPlain.test(text.slice(at + 1, end - 1));
  const value = isPlain ? text.slice(at + 1, end - 1) : JSON.parse(bytes.toString("utf8", at, end));
  return { value, end };
}

/** Characters that a string means as they are. */
const onlyPlain = /^[ !#-[\]-~]*$/;

/** Which of these the name between two quotes is; most are none, and no string is made of those. */
function fieldNamed(
  { text, bytes, nextBackslash }: Source,
  start: number,
  end: number,
  { byLength }: Fields,
): Field | undefined {
  if (nextBackslash < start || nextBackslash >= end)
    return byLength.get(end - start - 2)?.find(({ name }) => text.startsWith(name, start + 1));
  const unescaped = String(JSON.parse(bytes.toString("utf8", start, end)));
  return byLength.get(unescaped.length)?.find(({ name }) => name === unescaped);
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
const openingBracket = 0x5b;
const closingBracket = 0x5d;

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const code = bytes[at];
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** From the opening quote to behind the closing one. */
function skipString(source: Source, from: number): number {
  const { text, bytes } = source;
  let end = text.indexOf('"', from + 1);
  while (end !== -1) {
    if (source.nextBackslash !== -1 && source.nextBackslash < from)
      source.nextBackslash = text.indexOf("\\", from);
    if (source.nextBackslash === -1 || source.nextBackslash > end) return end + 1;
    let before = end - 1;
    while (bytes[before] === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  throw new SyntaxError("a string does not end");
}

function skipValue(source: Source, from: number): number {
  const { bytes } = source;
  const first = bytes[from];
  if (first === quote) return skipString(source, from);
  if (first !== openingBrace && first !== openingBracket) return skipScalar(bytes, from);
  let depth = 0;
  let at = from;
  while (at < bytes.length) {
    const code = bytes[at];
    if (code === quote) {
      at = skipString(source, at);
      continue;
    }
    at += 1;
    if (code === openingBrace || code === openingBracket) depth += 1;
    else if (code === closingBrace || code === closingBracket) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new SyntaxError("a bracket does not close");
}

function skipScalar(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && !endsScalar(bytes[at] ?? comma)) at += 1;
  if (at === from) throw new SyntaxError("a value is missing");
  return at;
}

function endsScalar(code: number): boolean {
  return code === comma || code === closingBrace || code === closingBracket || code <= 0x20;
}
