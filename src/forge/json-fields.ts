/** The fields to read of an object: whole, or only some of their own. */
export type FieldShape = { readonly [name: string]: true | FieldShape };

/**
 * Reads some fields of a JSON text and steps over the rest, which a push with many commits mostly is. What it
 * steps over is not checked beyond its strings and brackets; a text that is no object is read whole. Throws
 * `SyntaxError` as `JSON.parse` does.
 */
export function parseFields(text: string, shape: FieldShape): unknown {
  const start = skipBlanks(text, 0);
  if (text[start] !== "{") return JSON.parse(text);
  const { value, end } = readObject(text, start, shape);
  if (skipBlanks(text, end) !== text.length) throw new SyntaxError("text after the object");
  return value;
}

type Read = { readonly value: unknown; readonly end: number };

function readObject(text: string, start: number, shape: FieldShape): Read {
  const names = Object.keys(shape);
  const entries: [string, unknown][] = [];
  let at = skipBlanks(text, start + 1);
  if (text.charCodeAt(at) === closingBrace) return { value: {}, end: at + 1 };
  for (;;) {
    if (text.charCodeAt(at) !== quote) throw new SyntaxError("a name is missing");
    const nameEnd = skipString(text, at);
    const name = wantedName(text, at + 1, nameEnd - 1, names);
    at = skipBlanks(text, nameEnd);
    if (text.charCodeAt(at) !== colon) throw new SyntaxError("a colon is missing");
    at = skipBlanks(text, at + 1);
    const wanted = name === undefined ? undefined : shape[name];
    if (name === undefined || wanted === undefined) {
      at = skipValue(text, at);
    } else {
      const read = readValue(text, at, wanted);
      entries.push([name, read.value]);
      at = read.end;
    }
    at = skipBlanks(text, at);
    const next = text.charCodeAt(at);
    if (next === closingBrace) return { value: Object.fromEntries(entries), end: at + 1 };
    if (next !== comma) throw new SyntaxError("a comma is missing");
    at = skipBlanks(text, at + 1);
  }
}

function readValue(text: string, at: number, wanted: true | FieldShape): Read {
  if (wanted !== true && text[at] === "{") return readObject(text, at, wanted);
  const end = skipValue(text, at);
  return { value: JSON.parse(text.slice(at, end)), end };
}

/** Which of these the name between two quotes is; most are none, and no string is made of those. */
function wantedName(
  text: string,
  start: number,
  end: number,
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    if (name.length === end - start && text.startsWith(name, start)) return name;
  }
  for (let at = start; at < end; at += 1) {
    if (text.charCodeAt(at) !== backslash) continue;
    const unescaped = String(JSON.parse(text.slice(start - 1, end + 1)));
    return names.find((name) => name === unescaped);
  }
  return undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const closingBrace = 0x7d;
const closingBracket = 0x5d;
function skipBlanks(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** From the opening quote to behind the closing one. */
function skipString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end !== -1) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  throw new SyntaxError("a string does not end");
}

function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === quote) return skipString(text, from);
  if (first !== 0x7b && first !== 0x5b) return skipScalar(text, from);
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = skipString(text, at);
      continue;
    }
    at += 1;
    if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new SyntaxError("a bracket does not close");
}

function skipScalar(text: string, from: number): number {
  let at = from;
  while (at < text.length && !endsScalar(text.charCodeAt(at))) at += 1;
  if (at === from) throw new SyntaxError("a value is missing");
  return at;
}

function endsScalar(code: number): boolean {
  return code === comma || code === closingBrace || code === closingBracket || code <= 0x20;
}
