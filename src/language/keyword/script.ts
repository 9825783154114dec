import { limits } from "../limits.ts";
import { kindOf, type Node } from "../tree/node.ts";
import { type Input, invalid, nameOf } from "../tree/read.ts";

/** Commands in order; lists inside lists (from anchors and `!reference`) are flattened. */
export function readScript(input: Input): readonly string[] | undefined {
  const { node } = input;
  if (node.kind === "scalar" && typeof node.value === "string") return [node.value];
  if (node.kind !== "list") {
    return invalid(
      input,
      `\`${nameOf(input)}\` should be a string or a list of strings, but is ${kindOf(node)}.`,
    );
  }
  const commands: string[] = [];
  return flatten(input, node.items, commands, 1) ? commands : undefined;
}

function flatten(input: Input, nodes: readonly Node[], commands: string[], level: number): boolean {
  if (level > limits.nestedLists) {
    input.report.error(
      "limit-exceeded",
      `Lists are nested more than ${limits.nestedLists} levels deep, the limit.`,
      input.path,
      input.node.place,
    );
    return false;
  }
  for (const node of nodes) {
    if (node.kind === "scalar" && typeof node.value === "string") {
      commands.push(node.value);
    } else if (node.kind === "list") {
      if (!flatten(input, node.items, commands, level + 1)) return false;
    } else {
      const hint =
        node.kind === "map"
          ? " YAML reads `key: value` as a map: put the whole command in quotes."
          : " Put it in quotes.";
      invalid({ ...input, node }, `A command should be a string, but is ${kindOf(node)}.${hint}`);
      return false;
    }
  }
  return true;
}
