import type { Command } from "commander";
import { stopService } from "#local/up/detached-service.ts";
import { type CommonOptions, commandWith } from "../options.ts";
import { asJson, print } from "../print.ts";

export function downCommand(): Command {
  return commandWith(
    "down",
    "stop the service, its registry and its idle environments; jobs that run go on, data stays",
    "slipway down",
  ).action(async (options: CommonOptions) => {
    const stopped = await stopService(options.data);
    if (options.json === true) print(asJson({ stopped }));
    else print(stopped ? "Slipway is down." : "Nothing was running.");
  });
}
