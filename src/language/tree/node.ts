// The configuration as a tree of immutable values that know where they were written. Every stage of the
// compiler takes and gives such trees, so a value keeps its position through aliases, includes and merges.
import { limits } from "../limits.ts";

/** A text with the offsets at which its lines begin. */
export type SourceText = { readonly file: string; readonly lineStarts: readonly number[] };

/** Where a value was written; the line is worked out only when somebody asks. */
export type Place = { readonly source: SourceText; readonly offset: number };

/** `weight` and `characters` count what the value holds with all aliases written out. */
type Measured = {
  readonly place: Place;
  readonly weight: number;
  readonly characters: number;
  /** Whether a `!reference` is anywhere inside. */
  readonly referring: boolean;
};

/** `text` is the value as GitLab casts it to a string: `1.10` is `1.1`, `yes` is `true`, null is empty. */
export type ScalarNode = Measured & {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly text: string;
};

export type ListNode = Measured & { readonly kind: "list"; readonly items: readonly Node[] };

export type Entry = { readonly keyPlace: Place; readonly value: Node };

export type Entries = ReadonlyMap<string, Entry>;

export type MapNode = Measured & { readonly kind: "map"; readonly entries: Entries };

/** `!reference [job, key]`, until its stage has put the value in its place. */
export type ReferenceNode = Measured & {
  readonly kind: "reference";
  readonly keys: readonly string[];
};

export type Node = ScalarNode | ListNode | MapNode | ReferenceNode;

export function scalarNode(value: ScalarNode["value"], text: string, place: Place): ScalarNode {
  const characters = text.length;
  return { kind: "scalar", value, text, place, weight: 1, characters, referring: false };
}

export function listNode(items: readonly Node[], place: Place): ListNode {
  let weight = 1;
  let characters = 0;
  let referring = false;
  for (const item of items) {
    weight += item.weight;
    characters += item.characters;
    referring ||= item.referring;
  }
  return { kind: "list", items, place, weight, characters, referring };
}

export function mapNode(entries: Entries, place: Place): MapNode {
  let weight = 1;
  let characters = 0;
  let referring = false;
  for (const [key, { value }] of entries) {
    weight += value.weight;
    characters += value.characters + key.length;
    referring ||= value.referring;
  }
  return { kind: "map", entries, place, weight, characters, referring };
}

export function referenceNode(keys: readonly string[], place: Place): ReferenceNode {
  return { kind: "reference", keys, place, weight: 1, characters: 0, referring: true };
}

export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** The value under a key; null counts as absent, as everywhere in GitLab's configuration. */
export function child(map: MapNode, key: string): Node | undefined {
  const value = map.entries.get(key)?.value;
  return value === undefined || isNull(value) ? undefined : value;
}

/** The same map with one value put in or replaced. */
export function withEntry(map: MapNode, key: string, entry: Entry): MapNode {
  return mapNode(new Map(map.entries).set(key, entry), map.place);
}

/** Says which bound a value breaks once written out, or undefined. */
export function tooLarge(node: Node): string | undefined {
  if (node.weight > limits.configValues) {
    return `The configuration has more than ${limits.configValues.toLocaleString("en")} values once aliases and references are written out.`;
  }
  if (node.characters > limits.configCharacters) {
    return `The configuration has more than ${limits.configCharacters.toLocaleString("en")} characters once aliases and references are written out.`;
  }
  return undefined;
}

/** A word for the kind of value, for messages. */
export function kindOf(node: Node): string {
  switch (node.kind) {
    case "list":
      return "a list";
    case "map":
      return "a map";
    case "reference":
      return "a !reference";
    case "scalar":
      if (node.value === null) return "empty";
      if (typeof node.value === "string") return "a string";
      return typeof node.value === "number" ? "a number" : "a boolean";
  }
}

export function sourceText(file: string, text: string): SourceText {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lineStarts.push(at + 1);
  }
  return { file, lineStarts };
}

/** 1-based line and column of a place. */
export function lineAndColumn(place: Place): { readonly line: number; readonly column: number } {
  const { lineStarts } = place.source;
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= place.offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: place.offset - (lineStarts[low] ?? 0) + 1 };
}

/** The value without positions, as JSON would have it. */
export function plain(node: Node): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plain);
    case "map":
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
    case "reference":
      return node.keys;
  }
}

/** The value as it is put into a text: lists and maps as JSON. */
export function textOf(node: Node): string {
  return node.kind === "scalar" ? node.text : JSON.stringify(plain(node));
}

/** The same value as if all of it were written at that place. */
export function placedAt(node: Node, place: Place): Node {
  switch (node.kind) {
    case "scalar":
    case "reference":
      return { ...node, place };
    case "list":
      return { ...node, place, items: node.items.map((item) => placedAt(item, place)) };
    case "map": {
      const entries = [...node.entries].map(
        ([key, { value }]) => [key, { keyPlace: place, value: placedAt(value, place) }] as const,
      );
      return { ...node, place, entries: new Map(entries) };
    }
  }
}

/** A node of plain JSON data that came from outside any file; undefined for what JSON cannot say. */
export function fromPlain(value: unknown, place: Place): Node | undefined {
  if (value === null) return scalarNode(null, "", place);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return scalarNode(value, String(value), place);
  }
  if (Array.isArray(value)) {
    return listNode(
      value.flatMap((item: unknown) => fromPlain(item, place) ?? []),
      place,
    );
  }
  if (typeof value !== "object") return undefined;
  const entries = Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const node = fromPlain(item, place);
    return node === undefined ? [] : [[key, { keyPlace: place, value: node }] as const];
  });
  return mapNode(new Map(entries), place);
}
