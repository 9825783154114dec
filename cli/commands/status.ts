import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { oneLine } from "#terminal/readable.ts";
import { readId } from "../arguments.ts";
import { type Client, connect } from "../client.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print, printError } from "../print.ts";
import { pipelineText } from "../text.ts";

const pollMilliseconds = 500;
const settled = new Set(["success", "failed", "canceled", "skipped", "manual"]);

export function statusCommand(): Command {
  return commandForService(
    "status",
    "show a pipeline with its stages and jobs",
    "slipway status 7 --wait",
  )
    .argument("[pipeline]", "pipeline id; the newest when left out", readId)
    .option("--wait", "show progress until it is done; exit 1 unless it succeeded")
    .action(async (pipeline: string | undefined, options: ServiceOptions & { wait?: boolean }) => {
      const client = await connect(options, { patient: options.wait === true });
      const id = pipeline ?? String(await newest(client));
      const view =
        options.wait === true
          ? await waitFor(client, id, options)
          : await client.get<PipelineView>(`/api/slipway/pipelines/${id}`);
      const now = new Date().toISOString();
      print(options.json === true ? asJson(view) : pipelineText(view, now));
      if (options.wait === true && view.status !== "success") process.exitCode = exitCodes.failed;
    });
}

async function newest(client: Client): Promise<number> {
  const [first] = await client.get<PipelineSummaryView[]>("/api/slipway/pipelines?limit=1");
  if (first === undefined) throw new CliError("There are no pipelines yet.", exitCodes.absent);
  return first.id;
}

async function waitFor(client: Client, id: string, options: ServiceOptions): Promise<PipelineView> {
  let told = "";
  for (;;) {
    const view = await client.get<PipelineView>(`/api/slipway/pipelines/${id}`);
    if (settled.has(view.status)) return view;
    const running = view.stages.flatMap((stage) =>
      stage.jobs
        .filter((job) => job.status === "running" || job.status === "pending")
        .map((job) => `${oneLine(job.name)} ${job.status}`),
    );
    const line = `${view.status}: ${running.join(", ")}`;
    if (options.json !== true && line !== told) printError(line);
    told = line;
    await sleep(pollMilliseconds);
  }
}
