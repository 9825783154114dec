import { Command, Option } from "commander";

export type CommonOptions = { readonly data: string; readonly json?: boolean };

/** A command with the options that all have: where the data is, and JSON for programs. */
export function commandWith(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option("--data <directory>", "where the service keeps its data")
        .env("SLIPWAY_DATA")
        .default(".slipway"),
    )
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExample:\n  $ ${example}`);
}
