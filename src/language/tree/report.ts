import type { Diagnostic } from "../diagnostic.ts";
import { limits } from "../limits.ts";
import { lineAndColumn, type Place } from "./node.ts";

/** Collects the findings of one compilation; after `limits.diagnostics` it only counts. */
export type Report = {
  readonly error: (code: string, message: string, path: string, place: Place) => void;
  readonly warning: (code: string, message: string, path: string, place: Place) => void;
  /** Number of errors so far. */
  readonly errors: () => number;
  /** File by file, each in the order of its text. */
  readonly diagnostics: () => readonly Diagnostic[];
};

export function createReport(): Report {
  const found: Diagnostic[] = [];
  let errors = 0;
  const add = (
    severity: Diagnostic["severity"],
    code: string,
    message: string,
    path: string,
    place: Place,
  ) => {
    if (severity === "error") errors += 1;
    if (found.length >= limits.diagnostics && (severity === "warning" || errors > 1)) return;
    found.push({
      severity,
      code,
      message,
      path,
      file: place.source.file,
      ...lineAndColumn(place),
    });
  };
  return {
    error: (code, message, path, place) => add("error", code, message, path, place),
    warning: (code, message, path, place) => add("warning", code, message, path, place),
    errors: () => errors,
    diagnostics: () => inOrder(withoutRepeats(found)),
  };
}

/** A value shared by an anchor or `extends` is wrong once, however many jobs it reaches. */
function withoutRepeats(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return found.filter((one) => {
    const key = `${one.file}:${one.line}:${one.column}:${one.code}:${one.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function inOrder(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(found.map(({ file }) => file))];
  const byText = (a: Diagnostic, b: Diagnostic): number =>
    files.indexOf(a.file) - files.indexOf(b.file) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0);
  return found.toSorted(byText);
}
