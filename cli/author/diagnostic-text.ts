import type { Diagnostic } from "#language/diagnostic.ts";
import { colors } from "../colors.ts";
import { harmless } from "./display-width.ts";
import { excerptOf } from "./excerpt.ts";

/** `file:line:column: severity code: message`, as editors and compilers know it. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { severity, code, message, file, line = 1, column = 1 } = diagnostic;
  return harmless(`${file}:${line}:${column}: ${severity} ${code}: ${message}`);
}

export type Terminal = { readonly columns: number };

/** The same in colour, followed by the line it is about with a caret, where its text is known. */
export function diagnosticBlock(
  diagnostic: Diagnostic,
  text: string | undefined,
  { columns }: Terminal,
): string {
  const { severity, code, message, file, line, column } = diagnostic;
  const paint = severity === "error" ? colors.red : colors.yellow;
  const place = colors.bold(harmless(`${file}:${line ?? 1}:${column ?? 1}:`));
  const head = `${place} ${paint(severity)} ${colors.dim(`${code}:`)} ${harmless(message)}`;
  if (text === undefined || line === undefined) return head;
  const excerpt = excerptOf(text, line, column ?? 1, columns);
  if (excerpt === undefined) return head;
  return [head, colors.dim(excerpt.source), paint(excerpt.caret)].join("\n");
}

/** Diagnostics for standard output or error: with excerpts on a terminal, one line each elsewhere. */
export function diagnosticsText(
  diagnostics: readonly Diagnostic[],
  textOf: (diagnostic: Diagnostic) => string | undefined,
  terminal: Terminal | undefined,
): string {
  return diagnostics
    .map((one) =>
      terminal === undefined ? diagnosticLine(one) : diagnosticBlock(one, textOf(one), terminal),
    )
    .join("\n");
}

export function terminalOf(stream: NodeJS.WriteStream): Terminal | undefined {
  return stream.isTTY ? { columns: stream.columns || 80 } : undefined;
}
