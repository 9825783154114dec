import { join, resolve } from "node:path";
import type { Command } from "commander";
import { defined } from "#language/defined.ts";
import { readWhole } from "../arguments.ts";
import { type CommonOptions, commandWith } from "../options.ts";
import { asJson, print, printError } from "../print.ts";

type UpOptions = CommonOptions & {
  readonly port?: number;
  readonly config: string;
  readonly detach?: boolean;
};

export function upCommand(): Command {
  return commandWith(
    "up",
    "start the service: git host, webhooks, runner API, registry and pages on this machine",
    "slipway up --detach",
  )
    .option(
      "--port <port>",
      "port of the service; the registry takes the next one",
      readWhole(1, 65_534),
    )
    .option("--config <file>", "project settings", "slipway.yaml")
    .option("--detach", "go on in the background; `slipway down` ends it")
    .action(async (options: UpOptions) => {
      const settings = {
        data: options.data,
        config: options.config,
        ...defined({ port: options.port }),
      };
      if (options.detach === true) {
        const { startDetached } = await import("#local/up/detached-service.ts");
        const started = await startDetached(settings, printError);
        print(
          options.json === true
            ? asJson(started)
            : `Slipway is up at ${started.url}\n${pagesText(options.data)}`,
        );
        return;
      }
      const { runService } = await import("#local/up/run-service.ts");
      await runService(settings, {
        up: (service) => {
          print(options.json === true ? asJson(service) : serviceText(service, options.data));
        },
        say: (line) => printError(line),
      });
    });
}

/** The token itself is shown nowhere: its file is its owner's. */
function pagesText(data: string): string {
  const file = join(resolve(data), "access-token");
  return `  pages     sign in with any name; the password is the token in ${file}`;
}

function serviceText(
  { url, registry }: { readonly url: string; readonly registry: string },
  data: string,
): string {
  return [
    `Slipway is up at ${url}`,
    `  registry  ${registry}`,
    pagesText(data),
    "  projects  push any repository: slipway init group/project && git push slipway HEAD",
  ].join("\n");
}
