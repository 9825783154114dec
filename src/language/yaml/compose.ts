// Text → the library's trees. Its lexer and parser are driven by hand, so that depth and size are known before
// anything recurses.
import { Composer, type Document, Lexer, Parser } from "yaml";
import { limits } from "../limits.ts";

export type Composed =
  | { readonly ok: true; readonly documents: readonly Document.Parsed[]; readonly tokens: number }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly offset: number;
    };

/** Header and content; one more shows that the rest is ignored. */
const usefulDocuments = 2;

/** The first documents of a text; `tokensBefore` are those of the parts of the same text read already. */
export function compose(text: string, tokensBefore = 0): Composed {
  const parser = new Parser();
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents: Document.Parsed[] = [];
  let tokens = tokensBefore;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    tokens += 1;
    const message = exceeded(parser.stack.length, tokens);
    if (message !== undefined) {
      return { ok: false, code: "limit-exceeded", message, offset: parser.offset };
    }
    if (documents.length > usefulDocuments) break;
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(false, text.length));
  // What the library finds after the first error is mostly a consequence of it.
  const error = documents.find(({ errors }) => errors.length > 0)?.errors[0];
  if (error === undefined) return { ok: true, documents, tokens };
  const message = `Not valid YAML: ${error.message}`;
  return { ok: false, code: "yaml-syntax", message, offset: error.pos[0] };
}

function exceeded(depth: number, tokens: number): string | undefined {
  if (depth > limits.yamlDepth + 2) {
    return `Maps and lists are nested more than ${limits.yamlDepth} levels deep, the limit.`;
  }
  return tokens <= limits.yamlTokens ? undefined : tooManyTokens;
}

export const tooManyTokens = `The file has more than ${limits.yamlTokens.toLocaleString("en")} words, signs and line ends, the limit.`;
