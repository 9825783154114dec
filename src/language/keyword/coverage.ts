import { parseRegexLiteral } from "../expression/regex.ts";

/**
 * Reads a percentage out of a line of a job's log (GitLab Docs, "CI/CD YAML syntax reference": `coverage`):
 * of the last match, or of its last group, the first number. A line without one gives nothing.
 */
export type CoverageReader = (line: string) => number | undefined;

/** Longest part of a line that is looked at: its end. */
const longestLine = 65_536;

/** `literal` is the keyword's value, `/…/flags`; undefined where it is not a usable expression. */
export function coverageReader(literal: string): CoverageReader | undefined {
  const parsed = parseRegexLiteral(literal);
  if (!parsed.ok) return undefined;
  const { regex } = parsed;
  return (line) => {
    const found = regex.lastMatch(line.slice(-longestLine).replace(/\r$/, ""));
    const number = found === undefined ? null : /\d+(?:\.\d+)?/.exec(found);
    return number === null ? undefined : Number(number[0]);
  };
}
