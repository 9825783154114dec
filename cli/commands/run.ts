import { type Command, Option } from "commander";
import { between } from "#functions/http/pages/time.ts";
import type { RunHereWatcher } from "#local/run-here/run-here.ts";
import { settingsFileFor } from "#local/run-here/run-settings.ts";
import { type Executor, executors } from "#pipeline/pipeline.ts";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { oneLine, withoutColors } from "#terminal/readable.ts";
import { addVariable, type PushFlags, sources } from "../author/push-flags.ts";
import { colors } from "../colors.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandWith } from "../options.ts";
import { asJson, print, printError } from "../print.ts";
import { paintStatus, pipelineText } from "../text.ts";

type RunOptions = Pick<PushFlags, "ref" | "tag" | "source" | "variable" | "defaultBranch"> & {
  readonly data: string;
  readonly json?: boolean;
  readonly config?: string;
  readonly secrets?: boolean;
  readonly executor?: Executor;
  readonly path?: string;
};

export function runCommand(): Command {
  return commandWith(
    "run",
    "run the working tree's pipeline here, without a push; exit 1 if it fails or is canceled",
    "slipway run test --executor docker-socket",
  )
    .argument("[jobs...]", "jobs to run with what they need, manual ones too (default: all)")
    .addOption(new Option("--executor <name>", "instead of the project's").choices(executors))
    .option("--variable <key=value>", "variable of the pipeline; repeatable", addVariable)
    .option("--ref <name>", "branch or tag to run as (default: the branch checked out)")
    .option("--tag", "the ref is a tag")
    .option("--default-branch <name>", "default branch of the project")
    .addOption(
      new Option("--source <source>", "what starts the pipeline").choices(sources).default("push"),
    )
    .option("--path <group/project>", "path of the project (default: as its remote says)")
    .option(
      "--config <file>",
      "project settings (default: slipway.yaml of a data directory that is named)",
    )
    .option(
      "--secrets",
      "hand over the data directory's secrets to the variables that the settings name",
    )
    .action(async (jobs: readonly string[], options: RunOptions, command: Command) => {
      const signals = interrupts();
      // It is the whole service.
      const { NothingToRun, runHere } = await import("#local/run-here/run-here.ts");
      try {
        const { tag, path, variable, config, data, secrets, ...rest } = options;
        const isNamed = command.getOptionValueSource("data") !== "default";
        const pipeline = await runHere(
          {
            ...rest,
            jobs,
            data,
            secrets: secrets === true,
            settings: settingsFileFor({
              directory: process.cwd(),
              ...(config !== undefined && { config }),
              ...(isNamed && { data }),
            }),
            directory: process.cwd(),
            isTag: tag === true,
            variables: variable ?? [],
            ...(path !== undefined && { project: path }),
          },
          watcherOn(options.json === true ? printError : print),
          signals,
        );
        tellEnd(pipeline, options.json === true);
      } catch (error) {
        if (signals.cancel.aborted) {
          throw new CliError("Stopped; everything was removed.", exitCodes.failed);
        }
        if (!(error instanceof NothingToRun)) throw error;
        throw new CliError(error.message, exitCodes.failed);
      }
    });
}

/** The first Ctrl-C cancels, the second leaves. */
function interrupts(): { readonly cancel: AbortSignal; readonly leave: AbortSignal } {
  const [cancel, leave] = [new AbortController(), new AbortController()];
  const interrupt = (): void => (cancel.signal.aborted ? leave : cancel).abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  return { cancel: cancel.signal, leave: leave.signal };
}

const paints = [colors.cyan, colors.magenta, colors.yellow, colors.blue, colors.green];

/** Each line of a log behind the name of its job, so that jobs side by side can be told apart. */
function watcherOn(write: (line: string) => void): RunHereWatcher {
  const paintOf = new Map<string, (text: string) => string>();
  const tell = (job: { readonly name: string }, text: string): void => {
    const paint = paintOf.get(job.name) ?? paints[paintOf.size % paints.length] ?? String;
    paintOf.set(job.name, paint);
    write(`${paint(oneLine(job.name))} ${colors.dim("|")} ${text}`);
  };
  return {
    say: (line) => printError(colors.dim(line)),
    problem: (line) => printError(colors.red(line)),
    started: (job) => tell(job, colors.dim(`started, stage ${oneLine(job.stage)}`)),
    line: (job, text) => tell(job, colors.isColorSupported ? text : withoutColors(text)),
    ended: (job) => tell(job, endOf(job)),
  };
}

function endOf(job: JobView): string {
  const took =
    job.started_at === undefined || job.finished_at === undefined
      ? []
      : [`in ${between(job.started_at, job.finished_at)}`];
  const why = job.failure_reason === undefined ? [] : [`(${job.failure_reason})`];
  const said = job.failure_message === undefined ? [] : [oneLine(job.failure_message)];
  return [paintStatus(job.status), ...took, ...why, ...said].join(" ");
}

function tellEnd(pipeline: PipelineView, json: boolean): void {
  if (json) print(asJson(pipeline));
  else {
    // Its page is gone with its service.
    const lines = pipelineText(pipeline, new Date().toISOString()).split("\n");
    printError(`\n${lines.filter((line) => !line.includes(pipeline.url)).join("\n")}`);
  }
  const waiting = pipeline.stages
    .flatMap(({ jobs }) => jobs)
    .filter(({ status }) => status === "manual");
  if (waiting.length > 0) {
    printError(
      `Manual jobs run when they are named: slipway run ${oneLine(waiting[0]?.name ?? "")}`,
    );
  }
  if (pipeline.status === "failed" || pipeline.status === "canceled") {
    process.exitCode = exitCodes.failed;
  }
}
