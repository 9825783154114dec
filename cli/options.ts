import { Command, Option } from "commander";

export type CommonOptions = { readonly data: string; readonly json?: boolean };

/** A command with the options of all that concern a service: where its data is, and JSON for programs. */
export function commandWith(name: string, description: string, example: string): Command {
  return commandWithoutService(name, description, example).addOption(
    new Option("--data <directory>", "where the service keeps its data")
      .env("SLIPWAY_DATA")
      .default(".slipway"),
  );
}

/** A command that works on files alone. */
export function commandWithoutService(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExample:\n  $ ${example}`);
}
