import type { Regex } from "./regex.ts";

/** A parsed `rules:if` or `only:variables` expression. */
export type Expression =
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "literal"; readonly value: string | boolean | null }
  | { readonly type: "pattern"; readonly regex: Regex }
  | { readonly type: "not"; readonly operand: Expression }
  | {
      readonly type: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type BinaryOperator = "==" | "!=" | "=~" | "!~" | "&&" | "||";

export type ParsedExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly message: string };

/** Value of a variable where the expression stands; undefined when it is absent (`null` in the language). */
export type Lookup = (name: string) => string | undefined;
