import { type Command, InvalidArgumentError, Option } from "commander";
import { defined } from "#language/defined.ts";
import { parseDuration } from "#language/keyword/duration.ts";
import type { CostReport } from "#service/view/cost.ts";
import { readId } from "../arguments.ts";
import { connect } from "../client.ts";
import { costText } from "../cost-text.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";

type Options = ServiceOptions & { readonly project?: string; readonly since: number };

export function costCommand(): Command {
  return commandForService(
    "cost",
    "show build minutes and dollars of pipelines, and of each executor",
    "slipway cost --project group/app --since 30d",
  )
    .argument("[pipeline]", "pipeline id; those of --since when left out", readId)
    .option("--project <path>", "only this project's")
    .addOption(
      new Option(
        "--since <time>",
        "pipelines made in this last time, such as `12h`, `7d` or `1 week`",
      )
        .argParser(readSince)
        .default(7 * 24 * 3600 * 1000, "7d"),
    )
    .action(async (pipeline: string | undefined, options: Options) => {
      const query = new URLSearchParams({
        since: new Date(Date.now() - options.since).toISOString(),
        ...defined({ pipeline, project: options.project }),
      });
      const client = await connect(options);
      const report = await client.get<CostReport>(`/api/slipway/cost?${query}`);
      print(options.json === true ? asJson(report) : costText(report));
    });
}

/** Milliseconds. */
function readSince(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0) return seconds * 1000;
  throw new InvalidArgumentError("A time such as `12h`, `7d` or `1 week` is needed.");
}
