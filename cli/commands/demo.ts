import { type Command, Option } from "commander";
import { runDemo } from "../demo/run-demo.ts";
import { exitCodes } from "../failure.ts";
import { commandWith } from "../options.ts";
import { asJson, print, printError } from "../print.ts";

type DemoOptions = {
  readonly json?: boolean;
  readonly executor: string;
  readonly keep?: boolean;
  readonly data: string;
};

export function demoCommand(): Command {
  return commandWith(
    "demo",
    "push a sample project to a service here, and pull and run the image it releases",
    "slipway demo --executor docker-in-docker",
  )
    .addOption(
      new Option("--executor <name>", "how its jobs get Docker")
        .choices(["docker-socket", "docker-in-docker", "shell"])
        .default("docker-socket"),
    )
    .option("--keep", "leave the service up afterwards")
    .action(async (options: DemoOptions) => {
      const result = await runDemo(options, (line) => printError(line));
      if (options.json === true) print(asJson(result));
      if (result.status !== "success") process.exitCode = exitCodes.failed;
    });
}
