// GitLab Docs, "Optimize GitLab CI/CD configuration files": `!reference`. Resolved after includes and `extends`.
import { limits } from "../limits.ts";
import {
  type Entry,
  isNull,
  listNode,
  type MapNode,
  mapNode,
  type Node,
  type ReferenceNode,
  scalarNode,
  tooLarge,
} from "./node.ts";
import type { Report } from "./report.ts";

/** Puts the values in the place of all `!reference`; hidden jobs too, since they may be referred to. */
export function resolveReferences(root: MapNode, report: Report): MapNode {
  if (!root.referring) return root;
  const done = new Map<string, Node | undefined>();
  /** References being resolved, outermost first. */
  const open: string[] = [];
  const resolved = resolveMap(root);
  const problem = tooLarge(resolved);
  if (problem !== undefined) report.error("limit-exceeded", problem, "", root.place);
  return resolved;

  function resolve(node: Node): Node {
    if (!node.referring) return node;
    switch (node.kind) {
      case "scalar":
        return node;
      case "list":
        return listNode(node.items.map(resolve), node.place);
      case "map":
        return resolveMap(node);
      case "reference":
        return target(node) ?? scalarNode(null, "", node.place);
    }
  }

  function resolveMap(map: MapNode): MapNode {
    const entries = new Map<string, Entry>();
    for (const [key, entry] of map.entries) {
      entries.set(key, { ...entry, value: resolve(entry.value) });
    }
    return mapNode(entries, map.place);
  }

  function target(reference: ReferenceNode): Node | undefined {
    const name = `[${reference.keys.join(", ")}]`;
    if (done.has(name)) return done.get(name);
    const fail = (code: string, message: string) => {
      report.error(code, message, "", reference.place);
      return undefined;
    };
    if (open.includes(name)) {
      const cycle = [...open.slice(open.indexOf(name)), name].join(" → ");
      return fail("circular-reference", `!reference goes round in a circle: ${cycle}.`);
    }
    if (open.length >= limits.referenceLevels) {
      const message = `!reference leads through more than ${limits.referenceLevels} others, the limit.`;
      return fail("limit-exceeded", message);
    }
    const found = dig(root, reference.keys);
    if (found === undefined || isNull(found)) {
      return fail("unknown-reference", `!reference ${name} leads to nothing.`);
    }
    open.push(name);
    const value = resolve(found);
    open.pop();
    done.set(name, value);
    return value;
  }
}

function dig(root: MapNode, keys: readonly string[]): Node | undefined {
  return keys.reduce<Node | undefined>(
    (node, key) => (node?.kind === "map" ? node.entries.get(key)?.value : undefined),
    root,
  );
}
