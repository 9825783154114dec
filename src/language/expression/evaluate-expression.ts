import type { BinaryOperator, Expression, Lookup } from "./expression.ts";
import { isRegexLiteral, parseRegexLiteral, type Regex } from "./regex.ts";

type Value = string | boolean | null | Regex;

/**
 * Whether an expression holds. The whole is false only for null, false and blank text; inside `&&` and
 * `||`, which give back an operand, only null and false are false, so the empty string is true there.
 * Values of variables are compared as they are, unexpanded.
 */
export function evaluateExpression(expression: Expression, lookup: Lookup): boolean {
  return isPresent(evaluate(expression, lookup));
}

function evaluate(expression: Expression, lookup: Lookup): Value {
  switch (expression.type) {
    case "variable":
      return lookup(expression.name) ?? null;
    case "literal":
      return expression.value;
    case "pattern":
      return expression.regex;
    case "not":
      return !isPresent(evaluate(expression.operand, lookup));
    case "binary":
      return binary(expression.operator, expression.left, expression.right, lookup);
  }
}

function binary(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  lookup: Lookup,
): Value {
  const first = evaluate(left, lookup);
  switch (operator) {
    case "&&":
      return isFalse(first) ? first : evaluate(right, lookup);
    case "||":
      return isFalse(first) ? evaluate(right, lookup) : first;
    case "==":
      return areEqual(first, evaluate(right, lookup));
    case "!=":
      return !areEqual(first, evaluate(right, lookup));
    case "=~":
      return matches(first, evaluate(right, lookup));
    case "!~":
      return !matches(first, evaluate(right, lookup));
  }
}

function isFalse(value: Value): boolean {
  return value === null || value === false;
}

function isPresent(value: Value): boolean {
  return typeof value === "string" ? value.trim() !== "" : !isFalse(value);
}

function areEqual(left: Value, right: Value): boolean {
  if (isRegex(left) && isRegex(right)) return left.text === right.text;
  return left === right;
}

/** Text on the right that is no `/…/` matches when it contains the left: `"23" =~ "1234"`. */
function matches(left: Value, right: Value): boolean {
  const subject = left === null ? "" : isRegex(left) ? left.text : String(left);
  if (isFalse(right)) return false;
  if (isRegex(right)) return right.matches(subject);
  const text = String(right);
  if (isRegexLiteral(text)) {
    const parsed = parseRegexLiteral(text);
    if (parsed.ok) return parsed.regex.matches(subject);
  }
  return text.includes(subject);
}

function isRegex(value: Value): value is Regex {
  return typeof value === "object" && value !== null;
}
