import { Command, CommanderError } from "commander";
import { ServiceDidNotStart } from "#local/detached-service.ts";
import { EmbeddedDynamodbInUse } from "#local/embedded-dynamodb-repair.ts";
import { ListenError } from "#local/listen.ts";
import { SettingsError } from "#local/load-settings.ts";
import { RegistryFrontProblem } from "#local/registry-front.ts";
import { SetupProblem } from "#local/setup/problem.ts";
import { cancelCommand, playCommand, retryCommand } from "./commands/control.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { initCommand } from "./commands/init.ts";
import { logsCommand } from "./commands/logs.ts";
import { pipelinesCommand } from "./commands/pipelines.ts";
import { secretCommand } from "./commands/secret.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";
import { CliError, exitCodes } from "./failure.ts";

const program = new Command("slipway")
  .description("Builds container images when you push: runs .gitlab-ci.yml files unchanged.")
  .version("0.1.0")
  .exitOverride()
  .showHelpAfterError("(add --help for what the command takes)")
  .addHelpText(
    "after",
    `
Exit codes: 0 done · 1 the pipeline or the check failed · 2 wrong use · 3 the service or the thing asked for is not there

Try it:
  $ slipway demo`,
  );

for (const command of [
  upCommand(),
  downCommand(),
  demoCommand(),
  doctorCommand(),
  initCommand(),
  pipelinesCommand(),
  statusCommand(),
  logsCommand(),
  retryCommand(),
  cancelCommand(),
  playCommand(),
  secretCommand(),
]) {
  program.addCommand(command.exitOverride());
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  } else if (error instanceof CliError) {
    console.error(`slipway: ${error.message}`);
    process.exitCode = error.exitCode;
  } else if (isExpected(error)) {
    const how = error instanceof SetupProblem ? `\n${error.howToGet}` : "";
    console.error(`slipway: ${error.message}${how}`);
    process.exitCode = exitCodes.absent;
  } else {
    throw error;
  }
}

/** Failures of the machine or the settings, whose message says what to do. */
function isExpected(error: unknown): error is Error {
  const expected = [
    SetupProblem,
    ListenError,
    ServiceDidNotStart,
    SettingsError,
    EmbeddedDynamodbInUse,
    RegistryFrontProblem,
  ];
  return expected.some((kind) => error instanceof kind);
}
