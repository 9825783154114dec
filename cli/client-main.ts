// The commands that only ask a service, as one program that starts fast.
import { approveCommand } from "./commands/approve.ts";
import { artifactsCommand } from "./commands/artifacts.ts";
import { cancelCommand, playCommand, retryCommand } from "./commands/control.ts";
import { costCommand } from "./commands/cost.ts";
import { deliveriesCommand } from "./commands/deliveries.ts";
import { logsCommand } from "./commands/logs.ts";
import { pipelinesCommand } from "./commands/pipelines.ts";
import { redeliverCommand } from "./commands/redeliver.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";
import { createProgram, runProgram } from "./program.ts";

await runProgram(
  createProgram([
    pipelinesCommand(),
    statusCommand(),
    costCommand(),
    logsCommand(),
    artifactsCommand(),
    retryCommand(),
    cancelCommand(),
    playCommand(),
    approveCommand(),
    deliveriesCommand(),
    redeliverCommand(),
    syncCommand(),
  ]),
);
