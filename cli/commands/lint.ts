import type { Command } from "commander";
import { compileInRepository } from "../author/compile-file.ts";
import { diagnosticsText, terminalOf } from "../author/diagnostic-text.ts";
import { branchesOf } from "../author/git.ts";
import { type LintedFile, lintedFile } from "../author/linted-file.ts";
import { diagnosticJson } from "../author/plan-json.ts";
import { counted } from "../author/plan-text.ts";
import { type PushFlags, withPushFlags } from "../author/push-flags.ts";
import { exitCodes } from "../failure.ts";
import { commandWithoutService } from "../options.ts";
import { asJson, print, printError } from "../print.ts";

type LintFlags = PushFlags & { readonly json?: boolean; readonly strict?: boolean };

export function lintCommand(): Command {
  const command = commandWithoutService(
    "lint",
    "check configurations as a push from here would; exit 1 on errors",
    "slipway lint .gitlab-ci.yml ci/*.yml",
  )
    .argument("[files...]", "configurations; - for standard input (default: .gitlab-ci.yml)")
    .option("--strict", "exit 1 on warnings too");
  return withPushFlags(command).action(async (files: readonly string[], options: LintFlags) => {
    const linted: LintedFile[] = [];
    for (const file of files.length === 0 ? [".gitlab-ci.yml"] : files) {
      linted.push(lintedFile(file, await compileInRepository(file, options, branchesOf)));
    }
    const diagnostics = linted.flatMap((file) => file.diagnostics);
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    const warnings = diagnostics.length - errors;
    if (options.json === true) {
      const findings = diagnostics.map(diagnosticJson);
      print(asJson({ errors, warnings, diagnostics: findings }, 2));
    } else {
      printFindings(linted);
      printError(summary(linted.length, errors, warnings));
    }
    if (errors > 0 || (options.strict === true && warnings > 0)) {
      process.exitCode = exitCodes.failed;
    }
  });
}

function printFindings(linted: readonly LintedFile[]): void {
  const terminal = terminalOf(process.stdout);
  for (const { diagnostics, textOf } of linted) {
    if (diagnostics.length === 0) continue;
    print(diagnosticsText(diagnostics, (one) => textOf(one.file), terminal));
  }
}

function summary(files: number, errors: number, warnings: number): string {
  const found =
    errors + warnings === 0
      ? "no problems"
      : `${counted(errors, "error")}, ${counted(warnings, "warning")}`;
  return `${found} in ${counted(files, "file")}`;
}
