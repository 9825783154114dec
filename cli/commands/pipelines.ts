import type { Command } from "commander";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import { oneLine } from "#terminal/readable.ts";
import { readWhole } from "../arguments.ts";
import { connect } from "../client.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";
import { paintStatus } from "../text.ts";

export function pipelinesCommand(): Command {
  return commandForService(
    "pipelines",
    "list pipelines, newest first",
    "slipway pipelines --project group/app",
  )
    .option("--project <path>", "only this project's")
    .option("--limit <number>", "how many, at most 100", readWhole(1, 100), 20)
    .action(async (options: ServiceOptions & { project?: string; limit: number }) => {
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.project !== undefined) query.set("project", options.project);
      const client = await connect(options);
      const pipelines = await client.get<PipelineSummaryView[]>(`/api/slipway/pipelines?${query}`);
      if (options.json === true) {
        print(asJson(pipelines));
        return;
      }
      if (pipelines.length === 0) print("No pipelines yet.");
      const wide = (texts: readonly string[]): number =>
        Math.max(...texts.map((text) => text.length));
      const rows = pipelines.map((row) => ({ ...row, ref: oneLine(row.ref) }));
      const projectWidth = wide(rows.map(({ project }) => project));
      const refWidth = wide(rows.map(({ ref }) => ref));
      for (const { id, status, project, ref, sha, created_at } of rows) {
        const what = `${project.padEnd(projectWidth)}  ${ref.padEnd(refWidth)}  ${sha.slice(0, 8)}`;
        print(`${String(id).padStart(6)}  ${paintStatus(status, 9)}  ${what}  ${created_at}`);
      }
    });
}
