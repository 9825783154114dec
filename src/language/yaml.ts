// Text → trees with positions. YAML 1.2 syntax with merge keys, anchors and GitLab's `!reference` tag.
// Bounded before and while parsing: bytes, depth, and the number of values once aliases are written out.
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { limits } from "./limits.ts";
import {
  type Entry,
  listNode,
  mapNode,
  type Node,
  type Place,
  referenceNode,
  type SourceText,
  scalarNode,
  sourceText,
  tooLarge,
} from "./node.ts";
import type { Report } from "./report.ts";
import { plainScalar } from "./scalar.ts";

/** Root of each document of a text (at most two are of use: header and content); undefined after an error. */
export function parseYaml(text: string, file: string, report: Report): readonly Node[] | undefined {
  const source = sourceText(file, text);
  const start = { source, offset: 0 };
  if (text.length > limits.fileBytes || byteLength(text) > limits.fileBytes) {
    const most = `${limits.fileBytes.toLocaleString("en")} bytes`;
    report.error("limit-exceeded", `${file} is larger than ${most}, the limit.`, "", start);
    return undefined;
  }
  const documents = composeDocuments(text, source, report);
  if (documents === undefined) return undefined;
  const before = report.errors();
  const roots = documents.map((document) => convertDocument(document, source, report));
  for (const root of roots) {
    const problem = tooLarge(root);
    if (problem !== undefined) report.error("limit-exceeded", problem, "", root.place);
  }
  return report.errors() === before ? roots : undefined;
}

/** Drives the library's lexer and parser by hand so that the depth is known before anything recurses. */
function composeDocuments(
  text: string,
  source: SourceText,
  report: Report,
): readonly Document.Parsed[] | undefined {
  const parser = new Parser();
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents: Document.Parsed[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (parser.stack.length > limits.yamlDepth + 2) {
      const message = `Maps and lists are nested more than ${limits.yamlDepth} levels deep, the limit.`;
      report.error("limit-exceeded", message, "", { source, offset: parser.offset });
      return undefined;
    }
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(false, text.length));
  const before = report.errors();
  for (const { errors } of documents) {
    for (const error of errors.slice(0, 5)) {
      const message = `Not valid YAML: ${error.message}`;
      report.error("yaml-syntax", message, "", { source, offset: error.pos[0] });
    }
  }
  return report.errors() === before ? documents : undefined;
}

function convertDocument(document: Document.Parsed, source: SourceText, report: Report): Node {
  /** The latest value of each anchor; undefined while it is being read. */
  const anchors = new Map<string, Node | undefined>();

  const placeOf = (node: { range?: readonly number[] | null | undefined }): Place => ({
    source,
    offset: node.range?.[0] ?? 0,
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
    const written = new Set<string>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        const message = "A key has to be plain text; quote it if it begins with { or [.";
        const keyPlace = isMap(key) || isSeq(key) || isAlias(key) ? placeOf(key) : place;
        report.error("invalid-key", message, "", keyPlace);
        continue;
      }
      const name = String(key.value ?? "");
      const keyPlace = placeOf(key);
      const converted = convert(value, keyPlace);
      if (name === "<<") {
        mergeInto(entries, converted, keyPlace);
      } else {
        if (written.has(name)) {
          const message = `"${name}" is given twice in this map; the last one counts.`;
          report.warning("duplicate-key", message, name, keyPlace);
        }
        written.add(name);
        entries.set(name, { keyPlace, value: converted });
      }
    }
    return mapNode(entries, place);
  };

  /** Like GitLab's loader: merged keys replace those above `<<`, keys below replace merged ones. */
  const mergeInto = (entries: Map<string, Entry>, merged: Node, place: Place): void => {
    const maps = merged.kind === "list" ? merged.items.toReversed() : [merged];
    for (const map of maps) {
      if (map.kind !== "map") {
        const message = "<< needs a map, or a list of maps, usually an alias such as *defaults.";
        report.error("invalid-merge-key", message, "", place);
        continue;
      }
      for (const [key, entry] of map.entries) entries.set(key, entry);
    }
  };

  return convert(document.contents, { source, offset: 0 });
}

function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
