import { DataDirectoryError } from "#local/data/data-directory.ts";
import { EmbeddedDynamodbInUse } from "#local/data/embedded-dynamodb-repair.ts";
import { RegistryFrontProblem } from "#local/registry/front.ts";
import { GitProblem } from "#local/run-here/git.ts";
import { NoPortLeft } from "#local/run-here/private-directory.ts";
import { SetupProblem } from "#local/setup/problem.ts";
import { ServiceDidNotStart, ServiceDidNotStop } from "#local/up/detached-service.ts";
import { ListenError } from "#local/up/listen.ts";
import { SettingsError } from "#local/wire/load-settings.ts";
import { approveCommand } from "./commands/approve.ts";
import { artifactsCommand } from "./commands/artifacts.ts";
import { compileCommand } from "./commands/compile.ts";
import { connectCommand } from "./commands/connect.ts";
import { cancelCommand, playCommand, retryCommand } from "./commands/control.ts";
import { costCommand } from "./commands/cost.ts";
import { deliveriesCommand } from "./commands/deliveries.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { eventCommand } from "./commands/event.ts";
import { initCommand } from "./commands/init.ts";
import { lintCommand } from "./commands/lint.ts";
import { logsCommand } from "./commands/logs.ts";
import { pipelinesCommand } from "./commands/pipelines.ts";
import { redeliverCommand } from "./commands/redeliver.ts";
import { runCommand } from "./commands/run.ts";
import { secretCommand } from "./commands/secret.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";
import { upCommand } from "./commands/up.ts";
import { createProgram, runProgram } from "./program.ts";

const program = createProgram([
  upCommand(),
  downCommand(),
  demoCommand(),
  doctorCommand(),
  initCommand(),
  runCommand(),
  pipelinesCommand(),
  statusCommand(),
  costCommand(),
  logsCommand(),
  artifactsCommand(),
  retryCommand(),
  cancelCommand(),
  playCommand(),
  approveCommand(),
  secretCommand(),
  connectCommand(),
  deliveriesCommand(),
  redeliverCommand(),
  syncCommand(),
  lintCommand(),
  compileCommand(),
  simulateCommand(),
  eventCommand(),
]);

await runProgram(program, (error) => {
  if (!isExpected(error)) return undefined;
  return error instanceof SetupProblem ? `${error.message}\n${error.howToGet}` : error.message;
});

/** Failures of the machine or the settings, whose message says what to do. */
function isExpected(error: unknown): error is Error {
  const expected = [
    SetupProblem,
    ListenError,
    DataDirectoryError,
    ServiceDidNotStart,
    ServiceDidNotStop,
    SettingsError,
    EmbeddedDynamodbInUse,
    RegistryFrontProblem,
    GitProblem,
    NoPortLeft,
  ];
  return expected.some((kind) => error instanceof kind);
}
