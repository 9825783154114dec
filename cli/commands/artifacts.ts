import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { JobView } from "#service/view/job-view.ts";
import { readId } from "../arguments.ts";
import { connect } from "../client.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";

type Options = ServiceOptions & { readonly output?: string; readonly type: string };

export function artifactsCommand(): Command {
  return commandForService(
    "artifacts",
    "download what a job left",
    "slipway artifacts 700001 -o app.zip",
  )
    .argument("<job>", "job id, as `slipway status` shows it", readId)
    .option("-o, --output <file>", "where to write it; `-` is standard output")
    .option("-t, --type <type>", "`archive`, or a report such as `dotenv` or `junit`", "archive")
    .action(async (job: string, options: Options) => {
      const client = await connect(options);
      const view = await client.get<JobView>(`/api/slipway/jobs/${job}`);
      const artifact = view.artifacts?.find(({ type }) => type === options.type);
      if (artifact === undefined) {
        const there = view.artifacts?.map(({ type }) => type).join(", ") ?? "none";
        throw new CliError(
          `The job ${view.name} has no artifacts of type ${options.type} (any more). There are: ${there}.`,
          exitCodes.absent,
        );
      }
      // The name is the project's choice; it is not to choose the directory.
      const output = options.output ?? basename(artifact.filename);
      const query = new URLSearchParams({ file_type: options.type });
      const response = await client.download(`/api/slipway/jobs/${job}/artifacts?${query}`);
      if (response.body === null) throw new CliError("The answer is empty.", exitCodes.failed);
      const body = Readable.fromWeb(response.body);
      await pipeline(body, output === "-" ? process.stdout : createWriteStream(output));
      if (output === "-") return;
      const told = { job: view.id, type: options.type, file: output, size: artifact.size };
      print(options.json === true ? asJson(told) : `${output}: ${artifact.size} bytes`);
    });
}
