import type { Command } from "commander";
import { compileFile } from "../author/compile-file.ts";
import { diagnosticsText, terminalOf } from "../author/diagnostic-text.ts";
import { resultJson } from "../author/plan-json.ts";
import { resultText } from "../author/plan-text.ts";
import { type PushFlags, withPushFlags } from "../author/push-flags.ts";
import { exitCodes } from "../failure.ts";
import { commandWithoutService } from "../options.ts";
import { asJson, print, printError } from "../print.ts";

export function compileCommand(): Command {
  const command = commandWithoutService(
    "compile",
    "show the jobs that a push would give, with nothing but the file",
    "slipway compile --ref v1.0 --tag --json",
  ).argument("[file]", "configuration; - for standard input", ".gitlab-ci.yml");
  return withPushFlags(command).action(
    async (file: string, options: PushFlags & { json?: boolean }) => {
      const { result, textOf } = await compileFile(file, options);
      if (options.json === true) {
        print(asJson(resultJson(result), 2));
      } else {
        if (result.diagnostics.length > 0) {
          const terminal = terminalOf(process.stderr);
          printError(diagnosticsText(result.diagnostics, (one) => textOf(one.file), terminal));
        }
        print(resultText(result));
      }
      if (result.status === "invalid") process.exitCode = exitCodes.failed;
    },
  );
}
