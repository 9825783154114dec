import type { Command } from "commander";
import { compileFile } from "../author/compile-file.ts";
import { diagnosticsText, terminalOf } from "../author/diagnostic-text.ts";
import { checkEvents, readEvents } from "../author/events.ts";
import { resultText } from "../author/plan-text.ts";
import { type PushFlags, withPushFlags } from "../author/push-flags.ts";
import { simulateResult } from "../author/simulated-pipeline.ts";
import { simulationText } from "../author/simulation-text.ts";
import { exitCodes } from "../failure.ts";
import { commandWithoutService } from "../options.ts";
import { asJson, print, printError } from "../print.ts";

export function simulateCommand(): Command {
  const command = commandWithoutService(
    "simulate",
    "show what would become of a pipeline if its jobs ended as scripted",
    `echo '[{"event": "drop", "jobs": ["build"]}]' | slipway simulate .gitlab-ci.yml --events -`,
  )
    .argument("<file>", "configuration; - for standard input")
    .requiredOption("--events <file>", "JSON list of events; - for standard input");
  return withPushFlags(command).action(
    async (file: string, options: PushFlags & { json?: boolean; events: string }) => {
      const { result, facts, textOf } = await compileFile(file, options);
      const events = await readEvents(options.events);
      if (result.status === "created") {
        checkEvents(
          events,
          result.plan.jobs.map(({ name }) => name),
        );
      }
      const states = simulateResult(result, facts, events);
      if (result.diagnostics.length > 0) {
        const terminal = terminalOf(process.stderr);
        printError(diagnosticsText(result.diagnostics, (one) => textOf(one.file), terminal));
      }
      if (result.status !== "created") printError(resultText(result));
      if (options.json === true) print(asJson(states, 2));
      else if (states.length > 0) print(simulationText(states, events));
      if (result.status === "invalid") process.exitCode = exitCodes.failed;
    },
  );
}
