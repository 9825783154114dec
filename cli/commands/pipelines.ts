import type { Command } from "commander";
import type { PipelineSummary } from "#store/store.ts";
import { connect } from "../client.ts";
import { type CommonOptions, commandWith } from "../options.ts";
import { paintStatus } from "../text.ts";

export function pipelinesCommand(): Command {
  return commandWith(
    "pipelines",
    "list pipelines, newest first",
    "slipway pipelines --project group/app",
  )
    .option("--project <path>", "only this project's")
    .option("--limit <number>", "how many", "20")
    .action(async (options: CommonOptions & { project?: string; limit: string }) => {
      const query = new URLSearchParams({ limit: options.limit });
      if (options.project !== undefined) query.set("project", options.project);
      const client = await connect(options.data);
      const pipelines = await client.get<PipelineSummary[]>(`/api/slipway/pipelines?${query}`);
      if (options.json === true) {
        console.log(JSON.stringify(pipelines));
        return;
      }
      if (pipelines.length === 0) console.log("No pipelines yet.");
      for (const { id, status, project, ref, sha, createdAt } of pipelines) {
        console.log(
          `${String(id).padStart(6)}  ${paintStatus(status, 9)}  ${project}  ${ref}  ${sha.slice(0, 8)}  ${createdAt}`,
        );
      }
    });
}
