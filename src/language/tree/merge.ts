import { type Entry, type MapNode, mapNode, type Node } from "./node.ts";

/**
 * Maps are merged key by key, as deep as both are maps; anything else, lists too, is replaced
 * (GitLab Docs, "Use configuration from other files": merge method for `include`; the same for `extends`).
 */
export function deepMerge(base: MapNode, over: MapNode): MapNode {
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    entries.set(key, { ...entry, value: merged(entries.get(key)?.value, entry.value) });
  }
  return mapNode(entries, over.place);
}

function merged(below: Node | undefined, over: Node): Node {
  return below?.kind === "map" && over.kind === "map" && below !== over
    ? deepMerge(below, over)
    : over;
}
