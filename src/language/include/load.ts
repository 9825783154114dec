// One file: text → YAML → header with `spec:inputs` → content with `$[[ inputs.x ]]` filled in.
import type { Lookup } from "../expression/expression.ts";
import { type Entries, kindOf, type MapNode, type Node, type Place } from "../tree/node.ts";
import { checkKeys } from "../tree/read.ts";
import type { Report } from "../tree/report.ts";
import { parseYaml, type YamlDocument } from "../yaml/parse-yaml.ts";
import { readInputs, refuseUnknown } from "./inputs.ts";
import { hideBlocks, inputSubstitution, plainText } from "./interpolation.ts";

export type FileToLoad = {
  readonly text: string;
  /** As diagnostics name it. */
  readonly file: string;
  readonly inputs: Entries;
  /** Where a missing file, or a missing input, is to be complained about. */
  readonly place?: Place;
  /** What `expand_vars` fills in: it may be shown. */
  readonly lookup: Lookup;
};

export function loadFile(request: FileToLoad, report: Report): MapNode | undefined {
  const { text, file, inputs } = request;
  const mayHaveInputs = text.includes("$[[") && /^["']?spec["']?[ \t]*:/m.test(text);
  const documents = parseYaml(mayHaveInputs ? hideBlocks(text) : text, file, report);
  if (documents === undefined) return undefined;
  const start: Place = { source: { file, lineStarts: [0] }, offset: 0 };
  const givenAt = request.place ?? start;
  const header = readHeader(documents, report);
  if (header === "invalid") return undefined;
  let content: Node | undefined;
  if (header === undefined) {
    refuseUnknown(inputs, [], report);
    content = documents[0]?.read(mayHaveInputs ? plainText : undefined);
  } else {
    const before = report.errors();
    const values = readInputs(header, inputs, givenAt, report);
    if (report.errors() > before) return undefined;
    content = documents[1]?.read(
      mayHaveInputs ? inputSubstitution(values, request.lookup, report) : undefined,
    );
  }
  const used = header === undefined ? 1 : 2;
  if (documents.length > used) {
    report.warning(
      "ignored-document",
      `Only the first ${used === 1 ? "document" : "two documents"} of ${file} counts.`,
      "",
      start,
    );
  }
  if (content?.kind === "map") return content;
  if (content !== undefined || documents.length < used) {
    const is = content === undefined ? "empty" : kindOf(content);
    const message = `${file} is ${is}; it should be a map of jobs.`;
    report.error("invalid-configuration", message, "", content?.place ?? start);
  }
  return undefined;
}

/** The first document, when it is a header and content follows. */
function readHeader(
  documents: readonly YamlDocument[],
  report: Report,
): Node | "invalid" | undefined {
  const [first] = documents;
  if (first === undefined || documents.length < 2) return undefined;
  const header = first.read(plainText);
  if (header === undefined) return "invalid";
  if (header.kind !== "map" || !header.entries.has("spec")) return undefined;
  const before = report.errors();
  checkKeys({ node: header, path: "", report }, "header");
  return report.errors() === before ? header : "invalid";
}
