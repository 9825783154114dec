import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "#local/data/data-directory.ts";
import { CliError, exitCodes } from "./failure.ts";
import type { ServiceOptions } from "./options.ts";

/** Where a service answers, and what lets us in. */
export type ServiceAddress = {
  /** Without trailing slash. */
  readonly url: string;
  readonly token: string;
  /** What to say, and to do, when it does not answer. */
  readonly away: string;
};

/** The service at an address that was given, or else the one of a data directory on this machine. */
export async function findService(options: ServiceOptions): Promise<ServiceAddress> {
  return options.url === undefined
    ? localService(options.data)
    : remoteService(options.url, options);
}

async function localService(directory: string): Promise<ServiceAddress> {
  const config = await readConfig(directory);
  if (config === undefined) {
    throw new CliError(
      `There is no service in ${directory}. Start one with \`slipway up\`, name another directory with --data, or a service elsewhere with --url.`,
      exitCodes.absent,
    );
  }
  const token = await readFile(join(directory, "access-token"), "utf8").catch((cause: unknown) => {
    throw new CliError(
      `The access token in ${directory} cannot be read: ${String(cause)}`,
      exitCodes.absent,
    );
  });
  return {
    url: `http://127.0.0.1:${config.port}`,
    token: token.trim(),
    away: `The service does not answer on port ${config.port}. Start it with \`slipway up --data ${directory}\`.`,
  };
}

async function remoteService(url: string, options: ServiceOptions): Promise<ServiceAddress> {
  const token = await remoteToken(options);
  // Header values are bytes: any other character is no token of ours.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new CliError(
      `${options.tokenFile ?? "SLIPWAY_TOKEN"} holds no access token.`,
      exitCodes.usage,
    );
  }
  return { url, token, away: `The service does not answer at ${url}.` };
}

async function remoteToken({ tokenFile }: ServiceOptions): Promise<string> {
  if (tokenFile === undefined) {
    const token = process.env.SLIPWAY_TOKEN?.trim() ?? "";
    if (token !== "") return token;
    throw new CliError(
      "The service asks for an access token: set SLIPWAY_TOKEN, or name a file that holds it with --token-file. On AWS `slipway secret show access-token --aws` prints it.",
      exitCodes.usage,
    );
  }
  const text = await readFile(tokenFile, "utf8").catch((cause: unknown) => {
    throw new CliError(`${tokenFile} cannot be read: ${String(cause)}`, exitCodes.usage);
  });
  return text.trim();
}
