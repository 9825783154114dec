import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { readableLog } from "#service/view/readable-log.ts";
import { readId } from "../arguments.ts";
import { type Client, connect } from "../client.ts";
import { exitCodes } from "../failure.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print, printPart } from "../print.ts";

const waitSeconds = 5;
/** Where the service says nothing about it, since it held the question for as long as it is worth. */
const pauseSeconds = 0.1;

export function logsCommand(): Command {
  return commandForService("logs", "print a job's log", "slipway logs -f 700001")
    .argument("<job>", "job id, as `slipway status` shows it", readId)
    .option("-f, --follow", "go on until the job is done; exit 1 unless it succeeded")
    .action(async (job: string, options: ServiceOptions & { follow?: boolean }) => {
      const client = await connect(options, { patient: options.follow === true });
      const isJson = options.json === true;
      const parts: Uint8Array[] = [];
      const log = readableLog({ colors: true });
      const write = (part: Uint8Array): void => {
        if (isJson) parts.push(part);
        else printPart(log.add(part));
      };
      const status = await readAll(client, job, options.follow === true, write);
      const text = isJson ? new TextDecoder().decode(Buffer.concat(parts)) : "";
      if (!isJson) printPart(log.end());
      else print(asJson({ job: Number(job), status, log: text }));
      if (options.follow === true && status !== "success") process.exitCode = exitCodes.failed;
    });
}

async function readAll(
  client: Client,
  job: string,
  follow: boolean,
  write: (part: Uint8Array) => void,
): Promise<string> {
  let offset = 0;
  for (;;) {
    const response = await client.fetch(
      `/api/slipway/jobs/${job}/trace?offset=${offset}&wait=${follow ? waitSeconds : 0}`,
    );
    const bytes = new Uint8Array(await response.arrayBuffer());
    write(bytes);
    offset += bytes.byteLength;
    const all = offset >= Number(response.headers.get("x-slipway-length"));
    const done = response.headers.get("x-slipway-complete") === "true";
    if (done || (all && !follow)) return response.headers.get("x-slipway-job-status") ?? "";
    const pause = Number(response.headers.get("retry-after") ?? pauseSeconds);
    if (bytes.byteLength === 0) await sleep(pause * 1000);
  }
}
