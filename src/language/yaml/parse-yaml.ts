// Text → trees with positions. YAML 1.2 syntax with merge keys, anchors and GitLab's `!reference` tag.
// Bounded before and while parsing: bytes, depth, and the number of values once aliases are written out.
import { isMap } from "yaml";
import { limits } from "../limits.ts";
import { type Node, type Place, type SourceText, sourceText, tooLarge } from "../tree/node.ts";
import type { Report } from "../tree/report.ts";
import { compose, tooManyTokens } from "./compose.ts";
import { createConverter, type Part, type Substitution } from "./convert.ts";
import { partsOf } from "./parts.ts";
import { mayBePlain, readPlainEntry } from "./plain.ts";

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
  if (source.lineStarts.length > limits.yamlTokens) {
    report.error("limit-exceeded", tooManyTokens, "", start);
    return undefined;
  }
  const jobs = text.match(/^[^\s#.'"\-?%][^\n:]*:/gm)?.length ?? 0;
  if (jobs > limits.definedJobs + 50) {
    const most = limits.definedJobs.toLocaleString("en");
    const message = `There are ${jobs.toLocaleString("en")} jobs in the file; the limit is ${most}.`;
    report.error("limit-exceeded", message, "jobs", start);
    return undefined;
  }
  const parts = partsOf(text, source.lineStarts);
  if (parts === undefined) return parseWhole(text, source, report);
  const whole = () => parseWhole(text, source, report)?.[0];
  return [
    {
      read: (substitution) => {
        const { isWhole, root } = readParts(text, parts, source, report, substitution);
        return isWhole ? root : whole()?.read(substitution);
      },
    },
  ];
}

function parseWhole(
  text: string,
  source: SourceText,
  report: Report,
): readonly YamlDocument[] | undefined {
  const composed = compose(text);
  if (!composed.ok) {
    report.error(composed.code, composed.message, "", { source, offset: composed.offset });
    return undefined;
  }
  return composed.documents.map(({ contents }) => ({
    read: (substitution) =>
      bounded(report, () => createConverter(source, report, substitution).value(contents)),
  }));
}

/**
 * Reads the entries of the outermost map one by one, so that the library's trees, many times the text, do not
 * pile up. Not whole where one of them cannot be read alone: all of the text says better why.
 */
function readParts(
  text: string,
  starts: readonly number[],
  source: SourceText,
  report: Report,
  substitution: Substitution | undefined,
): { readonly isWhole: boolean; readonly root: Node | undefined } {
  let tokens = 0;
  let isWhole = true;
  const isPlain = substitution === undefined && mayBePlain(text);
  function* parts(): Iterable<Part> {
    for (const [index, offset] of starts.entries()) {
      const end = starts[index + 1] ?? text.length;
      const plain = isPlain ? readPlainEntry(text, offset, end, source) : undefined;
      if (plain !== undefined) {
        yield plain;
        continue;
      }
      const composed = compose(text.slice(offset, end), tokens);
      const contents = composed.ok ? composed.documents[0]?.contents : undefined;
      isWhole = composed.ok && composed.documents.length === 1 && isMap(contents);
      if (!isWhole || !composed.ok || contents === undefined) return;
      tokens = composed.tokens;
      yield { contents, offset };
    }
  }
  const root = bounded(report, () => createConverter(source, report, substitution).map(parts()));
  return { isWhole, root };
}

/** What a conversion gives, unless it reports errors or is out of bounds. */
function bounded(report: Report, convert: () => Node): Node | undefined {
  const before = report.errors();
  const root = convert();
  const problem = tooLarge(root);
  if (problem !== undefined) report.error("limit-exceeded", problem, "", root.place);
  return report.errors() === before ? root : undefined;
}

function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
