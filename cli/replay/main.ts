// For developers: `npm run replay -- PIPELINE`. CONTRIBUTING.md has an example.
import { join, resolve } from "node:path";
import { directoryBlobs } from "#blobs/directory.ts";
import { readConfig } from "#local/data/data-directory.ts";
import { embeddedTable, shareEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { type Replay, replayPipeline } from "#service/view/replay-pipeline.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { readId } from "../arguments.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandWith } from "../options.ts";
import { asJson, print } from "../print.ts";
import { runProgram } from "../program.ts";
import { endText, stepText } from "./replay-text.ts";

type ReplayOptions = { readonly data: string; readonly json?: boolean; readonly state?: boolean };

const program = commandWith(
  "replay",
  "give a stored pipeline its events again, by the code as it is now; exit 1 if it ends otherwise than it did",
  "npm run replay -- 7",
)
  .argument("<pipeline>", "pipeline id, as `slipway pipelines` shows it", readId)
  .option("--state", "show the whole state after each event, as JSON")
  .exitOverride()
  .action(async (id: string, options: ReplayOptions) => {
    const { steps, differs, isFull } = await replayOf(resolve(options.data), Number(id));
    if (options.json === true) {
      print(asJson({ steps, differs, isFull }));
    } else {
      for (const [index, step] of steps.entries()) {
        print(stepText(index + 1, step));
        if (options.state === true) print(asJson(step.pipeline, 2));
      }
      print(endText(steps.length, differs, isFull));
    }
    if (differs.length > 0 && !isFull) process.exitCode = exitCodes.failed;
  });

await runProgram(program);

/** Of a pipeline in a data directory; its service may run meanwhile. */
async function replayOf(data: string, id: number): Promise<Replay> {
  if ((await readConfig(data)) === undefined) {
    throw new CliError(
      `There is no service in ${data}: name its directory with --data.`,
      exitCodes.absent,
    );
  }
  const database = await shareEmbeddedDynamodb(join(data, "dynamodb"));
  try {
    const store = dynamodbStore(database.client, embeddedTable);
    const replay = await replayPipeline({ store, blobs: directoryBlobs(join(data, "blobs")) }, id);
    if (typeof replay === "object") return replay;
    const message =
      replay === "no_pipeline"
        ? `There is no pipeline ${id} in ${data}.`
        : `The events of pipeline ${id} are not stored: an older version created it, or it is too large for them.`;
    throw new CliError(message, exitCodes.absent);
  } finally {
    await database.close();
  }
}
