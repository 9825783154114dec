import type { Command } from "commander";
import type { Variable } from "#language/variables.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { readId } from "../arguments.ts";
import { addVariable } from "../author/push-flags.ts";
import { connect } from "../client.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";
import { pipelineText } from "../text.ts";

/** Job ids are pipeline id × 100,000 + row, so one argument is enough for both. */
const firstJobId = 100_000;

export function retryCommand(): Command {
  return commandForService(
    "retry",
    "run a job again, or all failed and canceled jobs of a pipeline",
    "slipway retry 7",
  )
    .argument("<id>", "pipeline or job id", readId)
    .action((id: string, options: ServiceOptions) => control(id, "retry", options));
}

export function cancelCommand(): Command {
  return commandForService("cancel", "cancel a pipeline or a job", "slipway cancel 700001")
    .argument("<id>", "pipeline or job id", readId)
    .action((id: string, options: ServiceOptions) => control(id, "cancel", options));
}

export function playCommand(): Command {
  return commandForService(
    "play",
    "start a manual job, or a delayed one now",
    "slipway play -v TARGET=live -v COLOR=blue 700004",
  )
    .argument("<job>", "job id", readId)
    .option("-v, --variable <key=value>", "variable for this job; repeatable", addVariable)
    .action((id: string, options: ServiceOptions & { variable?: readonly Variable[] }) => {
      const given = (options.variable ?? []).map(({ key, value }) => [key, value]);
      return control(id, "play", options, { variables: Object.fromEntries(given) });
    });
}

async function control(
  id: string,
  action: "retry" | "cancel" | "play",
  options: ServiceOptions,
  body?: unknown,
): Promise<void> {
  const kind = Number(id) > firstJobId || action === "play" ? "jobs" : "pipelines";
  const client = await connect(options);
  const view = await client.post<PipelineView>(`/api/slipway/${kind}/${id}/${action}`, body);
  print(options.json === true ? asJson(view) : pipelineText(view, new Date().toISOString()));
}
