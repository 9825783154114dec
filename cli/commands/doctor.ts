import type { Command } from "commander";
import { inspectMachine } from "#local/doctor/doctor.ts";
import { inspectData } from "#local/doctor/doctor-data.ts";
import { colors } from "../colors.ts";
import { exitCodes } from "../failure.ts";
import { type CommonOptions, commandWith } from "../options.ts";
import { asJson, print } from "../print.ts";

const marks = {
  found: colors.green("✔"),
  warning: colors.yellow("!"),
  missing: colors.red("✘"),
} as const;

export function doctorCommand(): Command {
  return commandWith(
    "doctor",
    "check what this machine needs to run Slipway, and how the service of a data directory is",
    "slipway doctor --data .slipway",
  ).action(async (options: CommonOptions) => {
    const parts = await Promise.all([inspectMachine(), inspectData(options.data)]);
    const requirements = parts.flat();
    if (options.json === true) {
      print(asJson(requirements));
    } else {
      for (const { name, state, detail, howToGet } of requirements) {
        print(`${marks[state]} ${name}: ${detail}`);
        if (state !== "found" && howToGet !== undefined) print(`    ${howToGet}`);
      }
    }
    if (requirements.some((requirement) => requirement.state === "missing")) {
      process.exitCode = exitCodes.failed;
    }
  });
}
