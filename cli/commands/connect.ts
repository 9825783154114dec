import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { ForgeError } from "#forge/forge.ts";
import { isWebAddress } from "#http/web-address.ts";
import { loadSettings } from "#local/wire/load-settings.ts";
import type { Settings } from "#project/parse-settings.ts";
import { isPlainAddress } from "#project/plain-address.ts";
import {
  CannotConnect,
  type ConnectWish,
  connectProject,
  NotInSettings,
  type ProjectConnection,
} from "../connect-project.ts";
import { CliError, exitCodes } from "../failure.ts";
import { operatorSecrets, type SecretOptions, withSecretOptions } from "../operator-secrets.ts";
import { commandWith } from "../options.ts";
import { asJson, print, printError } from "../print.ts";
import { findService } from "../service-address.ts";

type ConnectOptions = SecretOptions & { readonly serviceUrl?: string };

export function connectCommand(): Command {
  return withSecretOptions(
    commandWith(
      "connect",
      "register or update a project's webhook at its forge, and check what the token may do",
      "slipway connect gitlab https://gitlab.example.com group/my-app --service-url https://slipway.example.com",
    ),
  )
    .addArgument(
      new Argument("<kind>", "what the forge is").choices([
        "gitlab",
        "github",
        "gitea",
        "bitbucket",
      ]),
    )
    .argument("<url>", "address of the forge, as slipway.yaml names it", readAddress)
    .argument("<project>", "path of the project on the forge")
    .addOption(
      new Option(
        "--service-url <url>",
        "where the forge reaches this service (default: the address in the `aws` section with --aws, else the service's port on this machine)",
      ).argParser(readAddress),
    )
    .action(
      async (kind: ConnectWish["kind"], url: string, project: string, options: ConnectOptions) => {
        const secrets = await operatorSecrets(options);
        const settings = await loadSettings(options.config);
        const wish = {
          kind,
          url,
          project,
          serviceUrl: options.serviceUrl ?? (await ownAddress(options, settings)),
          keepsSecret: options.aws === true,
        };
        const done = await connectProject(wish, settings, secrets).catch(explain);
        print(options.json === true ? asJson(done) : connectionText(project, done));
        if (done.missing.length > 0) process.exitCode = exitCodes.failed;
      },
    );
}

/** Where the service is as far as this machine knows. */
async function ownAddress(options: ConnectOptions, { aws }: Settings): Promise<string> {
  if (options.aws === true) {
    const url = aws.domain === undefined ? aws.url : `https://${aws.domain.name}`;
    if (url !== undefined) return url;
    throw new CliError(
      "Where the forge reaches the service is missing: add --service-url with the stack's output Address.",
      exitCodes.usage,
    );
  }
  const { url } = await findService({ data: options.data });
  printError(
    `slipway: the webhook leads to ${url}, which only a forge on this machine reaches; --service-url names another address`,
  );
  return url;
}

function connectionText(project: string, done: ProjectConnection): string {
  const by = done.uses === "signingToken" ? "signed deliveries" : "a secret";
  return [
    `The webhook of ${project} is ${done.result}: ${done.webhook}, with ${by}.`,
    ...done.missing.map((sentence) => `Still missing: ${sentence}`),
  ].join("\n");
}

function explain(error: unknown): never {
  if (error instanceof NotInSettings) throw new CliError(error.message, exitCodes.usage);
  if (error instanceof CannotConnect) throw new CliError(error.message, exitCodes.failed);
  if (error instanceof ForgeError) throw new CliError(error.message, exitCodes.failed);
  throw error;
}

function readAddress(text: string): string {
  if (isWebAddress(text) && isPlainAddress(text)) return text.replace(/(?<!\/)\/+$/, "");
  throw new InvalidArgumentError("An address such as https://gitlab.example.com is needed.");
}
