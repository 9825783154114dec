import type { BinaryOperator, Expression, ParsedExpression } from "./expression.ts";
import { type Token, tokenize } from "./tokenize.ts";

/** Lower binds tighter. */
const PRECEDENCE: Record<BinaryOperator | "!", number> = {
  "!": 1,
  "==": 2,
  "!=": 2,
  "=~": 2,
  "!~": 2,
  "&&": 3,
  "||": 4,
};

type Operator = Extract<Token, { type: "operator" }>;
type Open = Token & { readonly type: "open" };

/**
 * Parses the expression of `rules:if` and `only:variables` (GitLab Docs, "CI/CD job rules", variable
 * expressions): shunting-yard, left-associative, parentheses, at most 100 tokens. Not read here:
 * `$[[ inputs.x ]]`, which is replaced in the text before.
 */
export function parseExpression(text: string): ParsedExpression {
  const tokenized = tokenize(text);
  if (!tokenized.ok) return invalid(tokenized.message);
  const values: Expression[] = [];
  const operators: (Operator | Open)[] = [];
  // Whether a value must come next: what tells `"a" "b"` and `== "a"` from an expression.
  let wantsValue = true;

  const reduce = (): void => {
    const top = operators.pop();
    const right = values.pop();
    if (top?.type !== "operator" || right === undefined) return;
    if (top.operator === "!") {
      values.push({ type: "not", operand: right });
      return;
    }
    const left = values.pop();
    if (left) values.push({ type: "binary", operator: top.operator, left, right });
  };

  for (const token of tokenized.tokens) {
    const isPrefix = token.type === "open" || (token.type === "operator" && token.operator === "!");
    const startsValue = token.type === "value" || isPrefix;
    if (startsValue !== wantsValue) return invalid(misplaced(token, wantsValue));
    switch (token.type) {
      case "value":
        values.push(token.value);
        wantsValue = false;
        break;
      case "open":
        operators.push({ ...token, type: "open" });
        break;
      case "close":
        while (operators.at(-1)?.type === "operator") reduce();
        if (!operators.pop()) return invalid(`column ${token.column}: \`)\` closes nothing`);
        break;
      case "operator":
        if (token.operator !== "!") {
          while (bindsBefore(operators.at(-1), token.operator)) reduce();
          wantsValue = true;
        }
        operators.push(token);
        break;
    }
  }

  if (tokenized.tokens.length === 0) return invalid("the expression is empty");
  if (wantsValue) return invalid("the expression ends where a value should follow");
  while (operators.length > 0) {
    const top = operators.at(-1);
    if (top?.type === "open") return invalid(`column ${top.column}: \`(\` is never closed`);
    reduce();
  }
  const [expression] = values;
  return expression ? { ok: true, expression } : invalid("the expression is empty");
}

function bindsBefore(top: Operator | Open | undefined, next: BinaryOperator): boolean {
  return top?.type === "operator" && PRECEDENCE[top.operator] <= PRECEDENCE[next];
}

function misplaced(token: Token, wantsValue: boolean): string {
  const wanted = wantsValue ? "a value" : "an operator (== != =~ !~ && ||)";
  return `column ${token.column}: expected ${wanted} before \`${token.text.slice(0, 20)}\``;
}

function invalid(reason: string): { ok: false; message: string } {
  return { ok: false, message: `invalid expression syntax: ${reason}` };
}
