import type { Command } from "commander";
import type { PipelineSummary } from "#store/pipeline-store.ts";
import { readWhole } from "../arguments.ts";
import { connect } from "../client.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
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
      const pipelines = await client.get<PipelineSummary[]>(`/api/slipway/pipelines?${query}`);
      if (options.json === true) {
        console.log(JSON.stringify(pipelines));
        return;
      }
      if (pipelines.length === 0) console.log("No pipelines yet.");
      const wide = (texts: readonly string[]): number =>
        Math.max(...texts.map((text) => text.length));
      const projectWidth = wide(pipelines.map(({ project }) => project));
      const refWidth = wide(pipelines.map(({ ref }) => ref));
      for (const { id, status, project, ref, sha, createdAt } of pipelines) {
        const what = `${project.padEnd(projectWidth)}  ${ref.padEnd(refWidth)}  ${sha.slice(0, 8)}`;
        console.log(`${String(id).padStart(6)}  ${paintStatus(status, 9)}  ${what}  ${createdAt}`);
      }
    });
}
