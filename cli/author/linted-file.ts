import { isAbsolute, join, relative } from "node:path";
import type { Diagnostic } from "#language/diagnostic.ts";
import type { CompiledFile } from "./compile-file.ts";

export type LintedFile = {
  /** Files are named as seen from where the author stands, so that an editor finds them. */
  readonly diagnostics: readonly Diagnostic[];
  readonly textOf: (shownFile: string) => string | undefined;
};

export function lintedFile(given: string, { source, result, textOf }: CompiledFile): LintedFile {
  const names = new Map<string, string>();
  const shown = (file: string): string => {
    const name = shownName(file);
    names.set(name, file);
    return name;
  };
  const shownName = (file: string): string => {
    if (file === source.name) return given === "-" ? source.name : given;
    // Remote files, components and files of other projects have names of their own.
    if (file.includes(":") || file.includes("@")) return file;
    const path = relative(process.cwd(), join(source.root, file));
    return isAbsolute(given) ? join(source.root, file) : path;
  };
  return {
    diagnostics: result.diagnostics.map((one) => ({ ...one, file: shown(one.file) })),
    textOf: (name) => textOf(names.get(name) ?? name),
  };
}
