import type { SettingsProblem } from "./parse-settings.ts";

/** As compilers write it, so that editors and terminals lead to the line. */
export function formatProblem(
  file: string,
  { path, message, line, column }: SettingsProblem,
): string {
  return `${file}:${line}:${column}: error: ${path === "" ? "" : `${path}: `}${message}`;
}
