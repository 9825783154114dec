import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { readConfig } from "#local/data-directory.ts";
import { fileSecrets } from "#secrets/file.ts";
import { CliError, exitCodes } from "../failure.ts";
import { type CommonOptions, commandWith } from "../options.ts";

export function secretCommand(): Command {
  return commandWith(
    "secret",
    "set a secret that slipway.yaml names; the value is read from standard input",
    'printf %s "$KEY" | slipway secret deploy-key',
  )
    .argument("<name>", "the name after `secret:` in slipway.yaml")
    .action(async (name: string, options: CommonOptions) => {
      if ((await readConfig(options.data)) === undefined) {
        throw new CliError(
          `There is no service in ${options.data}: run \`slipway up\` once.`,
          exitCodes.absent,
        );
      }
      const value = (await text(process.stdin)).replace(/\r?\n$/, "");
      if (value === "")
        throw new CliError("The value on standard input is empty.", exitCodes.usage);
      await fileSecrets(join(options.data, "secrets")).rotate(name, value);
      console.log(options.json === true ? JSON.stringify({ name }) : `Secret ${name} is set.`);
    });
}
