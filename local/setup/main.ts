import { ensureMachine } from "./machine.ts";
import { SetupProblem } from "./problem.ts";

try {
  await ensureMachine((line) => console.log(line));
} catch (error) {
  if (!(error instanceof SetupProblem)) {
    throw error;
  }
  console.error(`\nSet-up cannot go on. ${error.message}\n\n  How to get it: ${error.howToGet}\n`);
  process.exitCode = 1;
}
