import type { BinaryOperator, Expression } from "./expression.ts";
import { parseRegexLiteral } from "./regex.ts";

/** A value, an operator or a parenthesis, with its 1-based place in the expression. */
export type Token = { readonly column: number; readonly text: string } & (
  | { readonly type: "value"; readonly value: Expression }
  | { readonly type: "operator"; readonly operator: BinaryOperator | "!" }
  | { readonly type: "open" | "close" }
);

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly message: string };

/** GitLab's limit of tokens in one expression. */
export const MAX_TOKENS = 100;
/** Longest expression, in characters. */
export const MAX_EXPRESSION_LENGTH = 32_768;

/** Tried in this order at each place; the first that fits wins, as in GitLab. */
const LEXEMES = [
  ["open", /\(/y],
  ["close", /\)/y],
  ["variable", /\$\w+/y],
  ["string", /"[^"\n]*"|'[^'\n]*'/y],
  ["pattern", /\/(?:[^/]|\\\/)+[^\\]\/[ismU]*/y],
  ["null", /null/y],
  ["boolean", /\b(?:true|false)\b/y],
  ["operator", /==|=~|!=|!~|&&|\|\||!/y],
] as const;

/** Splits an expression into tokens; the message of a failure says where and how to mend it. */
export function tokenize(text: string): Tokens {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    return fail(`the expression is longer than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  const tokens: Token[] = [];
  let position = skipSpace(text, 0);
  while (position < text.length) {
    if (tokens.length === MAX_TOKENS) {
      return fail(`the expression has more than ${MAX_TOKENS} tokens`);
    }
    const found = scan(text, position);
    if (!found) return fail(unknownToken(text, position));
    const token = build(found.kind, found.text, position + 1);
    if (typeof token === "string") return fail(`column ${position + 1}: ${token}`);
    tokens.push(token);
    position = skipSpace(text, position + found.text.length);
  }
  return { ok: true, tokens };
}

type Kind = (typeof LEXEMES)[number][0];

function scan(text: string, position: number): { kind: Kind; text: string } | undefined {
  for (const [kind, pattern] of LEXEMES) {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match) return { kind, text: match[0] };
  }
  return undefined;
}

function build(kind: Kind, text: string, column: number): Token | string {
  const value = (expression: Expression): Token => ({
    type: "value",
    value: expression,
    text,
    column,
  });
  switch (kind) {
    case "open":
    case "close":
      return { type: kind, text, column };
    case "variable":
      return value({ type: "variable", name: text.slice(1) });
    case "string":
      return value({ type: "literal", value: text.slice(1, -1) });
    case "null":
      return value({ type: "literal", value: null });
    case "boolean":
      return value({ type: "literal", value: text === "true" });
    case "pattern": {
      const parsed = parseRegexLiteral(text);
      return parsed.ok ? value({ type: "pattern", regex: parsed.regex }) : parsed.message;
    }
    case "operator":
      return isOperator(text) ? { type: "operator", operator: text, text, column } : text;
  }
}

function isOperator(text: string): text is BinaryOperator | "!" {
  return ["==", "!=", "=~", "!~", "&&", "||", "!"].includes(text);
}

function skipSpace(text: string, from: number): number {
  let position = from;
  while (position < text.length && /\s/.test(text.charAt(position))) position += 1;
  return position;
}

function unknownToken(text: string, position: number): string {
  const rest = text.slice(position, position + 20);
  const hint = rest.startsWith("${")
    ? "write $NAME without braces"
    : rest.startsWith("/")
      ? "a pattern needs two characters or more between its slashes"
      : /^["']/.test(rest)
        ? "the string is not closed on its line"
        : "expected $NAME, a quoted string, /pattern/, null, or one of == != =~ !~ && || ( )";
  return `column ${position + 1}: cannot read \`${rest}\`; ${hint}`;
}

function fail(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
