// GitLab Docs, "CI/CD inputs": `$[[ inputs.x | function ]]`. The blocks are hidden from the YAML parser behind
// characters of the private use area, one for one, so that positions hold and `[ ]` mean nothing to it.

import type { Lookup } from "../expression/expression.ts";
import { expandServer } from "../scope/expand.ts";
import { type Node, type Place, placedAt, scalarNode, textOf } from "../tree/node.ts";
import type { Report } from "../tree/report.ts";
import type { Substitution } from "../yaml/convert.ts";
import { parseYaml } from "../yaml/parse-yaml.ts";
import { plainScalar } from "../yaml/scalar.ts";

const shift = 0xe000;
const hidden = /[\ue020-\ue07e]+/g;

/** Hides the blocks of a text, each within one line, keeping every position. Linear, whatever the text. */
export function hideBlocks(text: string): string {
  const pieces: string[] = [];
  let rest = 0;
  let close = -1;
  let line = -1;
  for (let open = text.indexOf("$[["); open >= 0; open = text.indexOf("$[[", open + 3)) {
    if (open < rest) continue;
    if (close < open + 3) close = text.indexOf("]]", open + 3);
    if (close < 0) break;
    if (line < open) line = indexOrEnd(text, "\n", open);
    if (line < close || text.slice(open + 3, close).trim() === "") continue;
    pieces.push(text.slice(rest, open), hide(text.slice(open, close + 2)));
    rest = close + 2;
  }
  return pieces.join("") + text.slice(rest);
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from);
  return index < 0 ? text.length : index;
}

function hide(block: string): string {
  return block.replaceAll(/[\x20-\x7e]/g, (character) =>
    String.fromCharCode(character.charCodeAt(0) + shift),
  );
}

function revealed(text: string): string {
  return text.replaceAll(/[\ue020-\ue07e]/g, (character) =>
    String.fromCharCode(character.charCodeAt(0) - shift),
  );
}

/** Puts the blocks back as they were written, in a text without inputs. */
export const plainText: Substitution = {
  scalar: (text, isPlain, place) => {
    if (text.search(hidden) < 0) return undefined;
    const original = revealed(text);
    return isPlain ? plainScalar(original, place) : scalarNode(original, original, place);
  },
  key: revealed,
};

/** Puts the values of inputs in the place of the blocks. */
export function inputSubstitution(
  inputs: ReadonlyMap<string, Node>,
  lookup: Lookup,
  report: Report,
): Substitution {
  const inputFor = (found: string, place: Place): Node | undefined => {
    const result = evaluate(found.slice(3, -2), inputs, lookup);
    if (typeof result !== "string") return result;
    report.error("invalid-interpolation", `${found}: ${result}`, "", place);
    return undefined;
  };
  const fill = (text: string, place: Place): string =>
    text.replaceAll(hidden, (found) => filled(revealed(found), place));
  const filled = (found: string, place: Place): string => {
    const value = inputFor(found, place);
    return value === undefined ? "" : textOf(value);
  };
  return {
    scalar: (text, isPlain, place) => {
      const [only] = text.match(hidden) ?? [];
      if (only === undefined) return undefined;
      if (only === text && isPlain) {
        const value = inputFor(revealed(text), place);
        if (value === undefined) return scalarNode("", "", place);
        const isText = value.kind === "scalar" && typeof value.value === "string";
        return isText ? fromText(textOf(value), place) : value;
      }
      const result = fill(text, place);
      return isPlain ? plainScalar(result, place) : scalarNode(result, result, place);
    },
    key: fill,
  };
}

/** GitLab puts the text into the file before it is read as YAML, so `[a, b]` in a string input is a list. */
function fromText(text: string, place: Place): Node {
  if (!/^[[{]/.test(text)) return plainScalar(text, place);
  const quiet: Report = {
    error: () => {},
    warning: () => {},
    errors: () => 0,
    diagnostics: () => [],
  };
  const root = parseYaml(text, place.source.file, quiet)?.[0]?.read();
  return root === undefined || root.kind === "scalar"
    ? scalarNode(text, text, place)
    : placedAt(root, place);
}

/** The value of `inputs.x | function`, or why there is none. */
function evaluate(
  expression: string,
  inputs: ReadonlyMap<string, Node>,
  lookup: Lookup,
): Node | string {
  const [access = "", ...functions] = expression.split("|").map((part) => part.trim());
  const [, name = "", rest = ""] = /^inputs\.([\w-]+)((?:\.[\w-]+|\[\d+\])*)$/.exec(access) ?? [];
  if (name === "") return "only `inputs.NAME` can be filled in";
  const input = inputs.get(name);
  if (input === undefined) return `there is no input \`${name}\` in \`spec:inputs\` of this file`;
  if (functions.length > 3) return "at most 3 functions can be applied";
  let value: Node | undefined = input;
  for (const [, key, index] of rest.matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    if (value?.kind === "map" && key !== undefined) value = value.entries.get(key)?.value;
    else value = value?.kind === "list" ? value.items[Number(index)] : undefined;
  }
  if (value === undefined) return `\`${access}\` leads to nothing`;
  for (const call of functions) {
    const applied = apply(call, value, lookup);
    if (typeof applied === "string") return applied;
    value = applied;
  }
  return value;
}

function apply(call: string, value: Node, lookup: Lookup): Node | string {
  if (value.kind !== "scalar") return `\`${call}\` needs a string`;
  const give = (text: string): Node => scalarNode(text, text, value.place);
  if (call === "expand_vars") {
    const expanded = expandServer(value.text, lookup, "keep");
    return expanded.ok ? give(expanded.value) : expanded.message;
  }
  if (call === "posix_escape") return give(value.text.replaceAll(/[^\w@%+=:,./-]/g, "\\$&"));
  const [, start, length] = /^truncate\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(call) ?? [];
  if (start === undefined) {
    return `\`${call}\` is not a function; there are expand_vars, truncate(start, length), posix_escape`;
  }
  return give([...value.text].slice(Number(start), Number(start) + Number(length)).join(""));
}
