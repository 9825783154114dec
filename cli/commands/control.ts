import type { Command } from "commander";
import type { PipelineView } from "#service/view.ts";
import { readId } from "../arguments.ts";
import { connect } from "../client.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
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
    "slipway play 700004 -v TARGET=live",
  )
    .argument("<job>", "job id", readId)
    .option("-v, --variable <K=V...>", "variables for this job")
    .action((id: string, options: ServiceOptions & { variable?: string[] }) =>
      control(id, "play", options, { variables: readAssignments(options.variable ?? []) }),
    );
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
  console.log(
    options.json === true ? JSON.stringify(view) : pipelineText(view, new Date().toISOString()),
  );
}

function readAssignments(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((assignment) => {
      const equals = assignment.indexOf("=");
      if (equals < 1) throw new CliError(`"${assignment}" is not K=V.`, exitCodes.usage);
      return [assignment.slice(0, equals), assignment.slice(equals + 1)];
    }),
  );
}
