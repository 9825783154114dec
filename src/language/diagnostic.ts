/** What the compiler tells an author: where, what, and how to mend it. */
export type Diagnostic = {
  readonly severity: "error" | "warning";
  /** Stable machine name of the kind of finding, kebab-case: `unknown-key`, `yaml-syntax`, `limit-exceeded`. */
  readonly code: string;
  readonly message: string;
  /** Path into the configuration: `jobs:build:script`, `include[1]`. Empty for the whole file. */
  readonly path: string;
  /** Name of the file as the author knows it (`.gitlab-ci.yml`, `ci/build.yml`, `project:file@ref`). */
  readonly file: string;
  /** 1-based; absent where no position is known. */
  readonly line?: number;
  readonly column?: number;
};

/** `file:line:column: severity: message`, without the parts that are not known. */
export function diagnosticText(diagnostic: Diagnostic): string {
  return `${placeText(diagnostic)}${diagnostic.severity}: ${diagnostic.message}`;
}

/** `file:line:column: ` in front of a message, without the parts that are not known. */
export function placeText({ file, line, column }: Diagnostic): string {
  const place = [file, line, column].filter((part) => part !== undefined);
  return file === "" ? "" : `${place.join(":")}: `;
}
