// Text → trees with positions. YAML 1.2 syntax with merge keys, anchors and GitLab's `!reference` tag.
// Bounded before and while parsing: bytes, depth, and the number of values once aliases are written out.
import { Composer, type Document, Lexer, Parser } from "yaml";
import { limits } from "./limits.ts";
import { type Node, type Place, type SourceText, sourceText, tooLarge } from "./node.ts";
import type { Report } from "./report.ts";
import { convertDocument, type Substitution } from "./yaml-node.ts";

/** One document of a text; reading it reports what is wrong inside and gives undefined then. */
export type YamlDocument = { readonly read: (substitution?: Substitution) => Node | undefined };

/** The documents of a text (two at most are of use: header and content); undefined after an error. */
export function parseYaml(
  text: string,
  file: string,
  report: Report,
): readonly YamlDocument[] | undefined {
  const source = sourceText(file, text);
  const start: Place = { source, offset: 0 };
  if (text.length > limits.fileBytes || byteLength(text) > limits.fileBytes) {
    const most = `${limits.fileBytes.toLocaleString("en")} bytes`;
    report.error("limit-exceeded", `${file} is larger than ${most}, the limit.`, "", start);
    return undefined;
  }
  const jobs = text.match(/^[^\s#.'"\-?%][^\n:]*:/gm)?.length ?? 0;
  if (jobs > limits.definedJobs + 50) {
    const most = limits.definedJobs.toLocaleString("en");
    const message = `There are ${jobs.toLocaleString("en")} jobs in the file; the limit is ${most}.`;
    report.error("limit-exceeded", message, "jobs", start);
    return undefined;
  }
  const documents = composeDocuments(text, source, report);
  return documents?.map((document) => ({
    read: (substitution) => {
      const before = report.errors();
      const root = convertDocument(document, source, report, substitution);
      const problem = tooLarge(root);
      if (problem !== undefined) report.error("limit-exceeded", problem, "", root.place);
      return report.errors() === before ? root : undefined;
    },
  }));
}

/** Header and content; one more shows that the rest is ignored. */
const usefulDocuments = 2;

function exceeded(depth: number, tokens: number): string | undefined {
  if (depth > limits.yamlDepth + 2) {
    return `Maps and lists are nested more than ${limits.yamlDepth} levels deep, the limit.`;
  }
  if (tokens <= limits.yamlTokens) return undefined;
  const most = limits.yamlTokens.toLocaleString("en");
  return `The file has more than ${most} words, signs and line ends, the limit.`;
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
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    tokens += 1;
    const problem = exceeded(parser.stack.length, tokens);
    if (problem !== undefined) {
      report.error("limit-exceeded", problem, "", { source, offset: parser.offset });
      return undefined;
    }
    if (documents.length > usefulDocuments) break;
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(false, text.length));
  const before = report.errors();
  // What the library finds after the first error is mostly a consequence of it.
  const error = documents.find(({ errors }) => errors.length > 0)?.errors[0];
  if (error !== undefined) {
    const message = `Not valid YAML: ${error.message}`;
    report.error("yaml-syntax", message, "", { source, offset: error.pos[0] });
  }
  return report.errors() === before ? documents : undefined;
}

function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
