import { Command, InvalidArgumentError, Option } from "commander";

export type CommonOptions = { readonly data: string; readonly json?: boolean };

export type ServiceOptions = CommonOptions & {
  /** Of a service elsewhere, without trailing slash. */
  readonly url?: string;
  readonly tokenFile?: string;
};

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

/** A command that asks a service: that of a data directory on this machine, or one at an address. */
export function commandForService(name: string, description: string, example: string): Command {
  return commandWith(name, description, example)
    .addOption(
      new Option("--url <address>", "a service elsewhere, such as the one on AWS")
        .env("SLIPWAY_URL")
        .argParser(readServiceUrl),
    )
    .option("--token-file <file>", "where its access token is (default: SLIPWAY_TOKEN holds it)");
}

/** The access token is sent along, so that only this machine may be asked without encryption. */
function readServiceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? "");
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isHere);
  const isPlain = url?.search === "" && url.hash === "" && url.username === "";
  if (!isSafe || !isPlain) {
    throw new InvalidArgumentError("An address such as https://slipway.example.com is needed.");
  }
  return text.replace(/(?<!\/)\/+$/, "");
}
