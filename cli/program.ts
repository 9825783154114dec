import { Command, CommanderError } from "commander";
import { MachineProblem } from "#local/machine-problem.ts";
import packageJson from "../package.json" with { type: "json" };
import { CliError, exitCodes } from "./failure.ts";
import { printError } from "./print.ts";

export function createProgram(commands: readonly Command[]): Command {
  const program = new Command("slipway")
    .description("Builds container images when you push: runs .gitlab-ci.yml files unchanged.")
    .version(packageJson.version)
    .exitOverride()
    .showHelpAfterError("(add --help for what the command takes)")
    .addHelpText(
      "after",
      `
Exit codes: 0 done · 1 the pipeline or the check failed · 2 wrong use · 3 the service or the thing asked for is not there

Try it:
  $ slipway demo`,
    );
  for (const command of commands) program.addCommand(command.exitOverride());
  return program;
}

/** Runs the command that the arguments name and sets the exit code. Only a bug shows a stack trace. */
export async function runProgram(program: Command): Promise<void> {
  process.stdout.on("error", leaveQuietly);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
      return;
    }
    if (error instanceof CliError) {
      printError(`slipway: ${error.message}`);
      process.exitCode = error.exitCode;
    } else if (error instanceof MachineProblem) {
      const { message, howToGet } = error;
      printError(`slipway: ${howToGet === undefined ? message : `${message}\n${howToGet}`}`);
      process.exitCode = exitCodes.absent;
    } else {
      throw error;
    }
  }
}

/** Whoever reads us may stop early, as `head` does, and needs no word about it. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
