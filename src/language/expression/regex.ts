import { RE2JS, RE2JSException } from "re2js";

/**
 * Regular expressions of a configuration, as RE2 (linear time, no look-around, no back references):
 * GitLab Docs, "CI/CD YAML syntax reference" and "Where variables can be used".
 */
export type Regex = {
  /** As written, slashes and flags included. */
  readonly text: string;
  /** Whether the expression is found anywhere in the subject. */
  readonly matches: (subject: string) => boolean;
  /** The last match in the subject; of an expression with groups, the last group that took part in it. */
  readonly lastMatch: (subject: string) => string | undefined;
};

export type RegexResult =
  | { readonly ok: true; readonly regex: Regex }
  | { readonly ok: false; readonly message: string };

/** Longest regular expression, in characters. */
export const MAX_REGEX_LENGTH = 4_000;
/** Largest compiled size, in instructions, so that nested `{n,m}` stay harmless. */
export const MAX_REGEX_SIZE = 5_000;

const LITERAL = /^\/(.*)\/([ismU]*)$/s;

/** Whether a value has the form `/…/flags`, valid or not. */
export function isRegexLiteral(text: string): boolean {
  return text.startsWith("/") && LITERAL.test(text) && !text.includes("\n");
}

/** Compiles `/…/flags` with the flags `i s m U`. */
export function parseRegexLiteral(text: string): RegexResult {
  const [, source, flags] = LITERAL.exec(text) ?? [];
  if (source === undefined) return { ok: false, message: `${text} is not of the form /…/` };
  const compiled = compileRegex(flags ? `(?${flags})${source}` : source);
  return compiled.ok ? { ok: true, regex: { ...compiled.regex, text } } : compiled;
}

/** Compiles a regular expression without slashes and flags: `spec:inputs:regex`, wildcards of `include`. */
export function compileRegex(source: string): RegexResult {
  if (source.length > MAX_REGEX_LENGTH) {
    const message = `the regular expression is longer than ${MAX_REGEX_LENGTH} characters`;
    return { ok: false, message };
  }
  if (estimatedSize(source) > MAX_REGEX_SIZE) {
    const message = `the regular expression is too large: its repetitions unfold to more than ${MAX_REGEX_SIZE} steps`;
    return { ok: false, message };
  }
  try {
    const compiled = RE2JS.compile(source);
    const matches = (subject: string) => compiled.matcher(subject).find();
    const lastMatch = (subject: string) => lastOf(compiled, subject);
    return { ok: true, regex: { text: source, matches, lastMatch } };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace(/^error parsing regexp: /, "");
    return { ok: false, message: `invalid regular expression (RE2): ${reason}` };
  }
}

function lastOf(compiled: RE2JS, subject: string): string | undefined {
  const matcher = compiled.matcher(subject);
  let last: string | undefined;
  while (matcher.find()) {
    const groups = Array.from({ length: matcher.groupCount() }, (_, index) => index + 1);
    const taken = groups.findLast((group) => matcher.start(group) >= 0) ?? 0;
    last = subject.slice(matcher.start(taken), matcher.end(taken));
  }
  return last;
}

const PIECE =
  /\\[pPx]\{[^}]{0,64}\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|./gsu;

/** Upper estimate of the compiled size: counted repetitions multiply what they repeat. */
function estimatedSize(source: string): number {
  const outer: number[] = [];
  let total = 0;
  let atom = 0;
  for (const piece of source.matchAll(PIECE)) {
    const [text, least, most] = piece;
    if (text === "(") {
      outer.push(total);
      total = 0;
      atom = 0;
    } else if (text === ")") {
      atom = total + 2;
      total = (outer.pop() ?? 0) + atom;
    } else if (least !== undefined) {
      const times = Math.max(Number(least), Number(most ?? least), 1);
      total += atom * (times - 1) + 1;
      atom *= times;
    } else {
      atom = "*+?|".includes(text) ? atom : 1;
      total += 1;
    }
    if (total > MAX_REGEX_SIZE) return total;
  }
  return total + outer.reduce((sum, size) => sum + size, 0);
}
