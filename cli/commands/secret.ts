import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { CliError, exitCodes } from "../failure.ts";
import { operatorSecrets, type SecretOptions, withSecretOptions } from "../operator-secrets.ts";
import { commandWith } from "../options.ts";
import { asJson, print, printExactly } from "../print.ts";

export function secretCommand(): Command {
  return withSecretOptions(
    commandWith(
      "secret",
      "set a secret that slipway.yaml names; the value is read from standard input",
      'printf %s "$KEY" | slipway secret deploy-key\n  $ slipway secret show access-token --aws',
    ),
  )
    .argument("<name>", "the name after `secret:` in slipway.yaml")
    .action(async (name: string, options: SecretOptions) => {
      const secrets = await operatorSecrets(options);
      const value = (await text(process.stdin)).replace(/\r?\n$/, "");
      if (value === "")
        throw new CliError("The value on standard input is empty.", exitCodes.usage);
      await secrets.rotate(name, value);
      print(options.json === true ? asJson({ name }) : `Secret ${name} is set.`);
    })
    .addCommand(showCommand());
}

function showCommand(): Command {
  return withSecretOptions(
    commandWith(
      "show",
      "print a secret's newest value",
      "slipway secret show webhook/company/group/my-app --aws",
    ),
  )
    .argument(
      "<name>",
      "a name of slipway.yaml, `webhook/FORGE/PROJECT`, or with --aws `access-token` (here it is that file of the data directory)",
    )
    .action(async (name: string, _: unknown, command: Command) => {
      // The command above takes the same options, also those that stand behind this one's name.
      const options = command.optsWithGlobals<SecretOptions>();
      const values = await (await operatorSecrets(options)).get(name);
      const [newest] = values;
      if (newest === undefined)
        throw new CliError(`There is no secret named ${name}.`, exitCodes.absent);
      if (options.json === true) print(asJson({ name, values }));
      else printExactly(newest);
    });
}
