import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vitest/node";

export type SourceRegex = {
  readonly file: string;
  /** A literal's own text, or the call that makes the expression. */
  readonly text: string;
  /** Undefined where the expression is made at run time. */
  readonly regex: RegExp | undefined;
};

const folders = ["src", "functions", "local", "cli", "buildspecs"];

/** Every regular expression in the program's own source. */
export function sourceRegexes(root: string): readonly SourceRegex[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:tsx?|[cm]?js)$/.test(name))
      .flatMap((name) => regexesIn(root, join(folder, name))),
  );
}

function regexesIn(root: string, file: string): readonly SourceRegex[] {
  const code = readFileSync(join(root, file), "utf8");
  const lang = file.endsWith("x") ? "tsx" : file.endsWith("ts") ? "ts" : "js";
  const found: SourceRegex[] = [];
  look(parseAst(code, { lang }), (node) => {
    const { type, regex, callee, start, end } = node;
    if (type === "Literal" && isPattern(regex)) {
      const { pattern, flags } = regex;
      found.push({ file, text: `/${pattern}/${flags}`, regex: new RegExp(pattern, flags) });
    }
    const isMade = type === "NewExpression" || type === "CallExpression";
    if (isMade && isNode(callee) && callee.name === "RegExp") {
      found.push({ file, text: code.slice(Number(start), Number(end)), regex: undefined });
    }
  });
  return found;
}

type Node = Readonly<Record<string, unknown>>;

function look(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const each of value) look(each, see);
  else if (isNode(value)) {
    see(value);
    for (const each of Object.values(value)) look(each, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !(value instanceof RegExp);
}

function isPattern(value: unknown): value is { readonly pattern: string; readonly flags: string } {
  return isNode(value) && typeof value.pattern === "string" && typeof value.flags === "string";
}
