// The library's tree → ours: aliases shared, merge keys applied, scalars typed, positions kept.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import {
  type Entry,
  isNull,
  listNode,
  type MapNode,
  mapNode,
  type Node,
  type Place,
  referenceNode,
  type SourceText,
  scalarNode,
} from "../tree/node.ts";
import type { Report } from "../tree/report.ts";
import type { PlainEntry } from "./plain.ts";
import { isDate, plainScalar } from "./scalar.ts";

/** Replaces what the texts of a document ask for (`$[[ inputs.x ]]`) while it is read. */
export type Substitution = {
  /** `isPlain`: without quotes, so that the result may be a number, a list or a map. */
  readonly scalar: (text: string, isPlain: boolean, place: Place) => Node | undefined;
  readonly key: (text: string, place: Place) => string;
};

type Contents = Document.Parsed["contents"];

export type Converter = {
  readonly value: (contents: Contents) => Node;
  /** The value of a map given part by part; anchors hold from part to part. */
  readonly map: (parts: Iterable<Part>) => MapNode;
};

/** Some entries of a map, parsed from the text that begins at `offset`; or one, read already. */
export type Part = { readonly contents: Contents; readonly offset: number } | PlainEntry;

export function createConverter(
  source: SourceText,
  report: Report,
  substitution?: Substitution,
): Converter {
  /** The latest value of each anchor; undefined while it is being read. */
  const anchors = new Map<string, Node | undefined>();
  /** Where the library's text begins in the source. */
  let start = 0;

  const placeOf = (node: { range?: readonly number[] | null | undefined }): Place => ({
    source,
    offset: start + (node.range?.[0] ?? 0),
  });

  const convert = (node: unknown, parent: Place): Node => {
    if (isAlias(node)) return convertAlias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return scalarNode(null, "", parent);
    const place = placeOf(node);
    if (node.anchor !== undefined) anchors.set(node.anchor, undefined);
    const converted = convertValue(node, place);
    if (node.anchor !== undefined) anchors.set(node.anchor, converted);
    return converted;
  };

  const convertAlias = (alias: Alias): Node => {
    const place = placeOf(alias);
    const target = anchors.get(alias.source);
    if (target !== undefined) return target;
    const message = anchors.has(alias.source)
      ? `The alias *${alias.source} stands inside the value it refers to.`
      : `There is no anchor &${alias.source} above this alias in the same file.`;
    report.error("yaml-alias", message, "", place);
    return scalarNode(null, "", place);
  };

  const convertValue = (node: Scalar | YAMLMap | YAMLSeq, place: Place): Node => {
    if (node.tag === "!reference") return convertReference(node, place);
    if (node.tag?.startsWith("!ruby/") === true) {
      report.error("unknown-tag", `The YAML tag ${node.tag} is not allowed.`, "", place);
    } else if (node.tag?.startsWith("!") === true && node.tag.length > 1) {
      report.warning("unknown-tag", `The YAML tag ${node.tag} is unknown and ignored.`, "", place);
    }
    if (isScalar(node)) return convertScalar(node, place);
    if (isSeq(node)) {
      return listNode(
        node.items.map((item) => convert(item, place)),
        place,
      );
    }
    return convertMap(node, place);
  };

  const convertScalar = (node: Scalar, place: Place): Node => {
    const text = String(node.value ?? "");
    const plain = node.type === Scalar.PLAIN && !node.tag?.endsWith(":str");
    const substituted = substitution?.scalar(text, plain, place);
    if (substituted !== undefined) return substituted;
    if (plain && isDate(text)) {
      report.error("invalid-value", `${text} is a date to YAML; put it in quotes.`, "", place);
    }
    return plain ? plainScalar(text, place) : scalarNode(text, text, place);
  };

  const convertReference = (node: Scalar | YAMLMap | YAMLSeq, place: Place): Node => {
    const keys: readonly unknown[] = isSeq(node) ? node.items : [];
    const named = keys.flatMap((key) => (isScalar(key) ? [String(key.value ?? "")] : []));
    if (named.length === 0 || named.length !== keys.length || named.includes("")) {
      const message = "!reference needs a list of names, for example !reference [.setup, script].";
      report.error("invalid-reference", message, "", place);
      return scalarNode(null, "", place);
    }
    return referenceNode(named, place);
  };

  const convertMap = (node: YAMLMap, place: Place): Node => {
    const entries = new Map<string, Entry>();
    addPairs(node, place, entries, new Set());
    return mapNode(entries, place);
  };

  const addPairs = (
    node: YAMLMap,
    place: Place,
    entries: Map<string, Entry>,
    seen: Set<string>,
  ): void => {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        const message = "A key has to be plain text; quote it if it begins with { or [.";
        const keyPlace = isMap(key) || isSeq(key) || isAlias(key) ? placeOf(key) : place;
        report.error("invalid-key", message, "", keyPlace);
        continue;
      }
      const keyPlace = placeOf(key);
      const written = String(key.value ?? "");
      const name = substitution?.key(written, keyPlace) ?? written;
      const converted = convert(value, keyPlace);
      if (name === "<<") {
        mergeInto(entries, converted, keyPlace);
      } else {
        addEntry(name, { keyPlace, value: converted }, entries, seen);
      }
    }
  };

  const addEntry = (
    name: string,
    entry: Entry,
    entries: Map<string, Entry>,
    seen: Set<string>,
  ): void => {
    if (seen.has(name)) {
      const message = `"${name}" is given twice in this map; the last one counts.`;
      report.warning("duplicate-key", message, name, entry.keyPlace);
    }
    seen.add(name);
    entries.set(name, entry);
  };

  /** Like GitLab's loader: merged keys replace those above `<<`, keys below replace merged ones. */
  const mergeInto = (entries: Map<string, Entry>, merged: Node, place: Place): void => {
    const maps = merged.kind === "list" ? merged.items.toReversed() : [merged];
    for (const map of maps) {
      if (isNull(map)) continue;
      if (map.kind !== "map") {
        const message = "<< needs a map, or a list of maps, usually an alias such as *defaults.";
        report.error("invalid-merge-key", message, "", place);
        continue;
      }
      for (const [key, entry] of map.entries) entries.set(key, entry);
    }
  };

  return {
    value: (contents) => convert(contents, { source, offset: 0 }),
    map: (parts) => {
      const entries = new Map<string, Entry>();
      const seen = new Set<string>();
      let place: Place | undefined;
      for (const part of parts) {
        if ("entry" in part) {
          place ??= part.entry.keyPlace;
          addEntry(part.key, part.entry, entries, seen);
          continue;
        }
        start = part.offset;
        place ??= { source, offset: start };
        if (isMap(part.contents)) addPairs(part.contents, place, entries, seen);
      }
      return mapNode(entries, place ?? { source, offset: 0 });
    },
  };
}
