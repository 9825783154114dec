// The commands of authors alone, as one program: editors and hooks call them all the time.
import { compileCommand } from "./commands/compile.ts";
import { lintCommand } from "./commands/lint.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { createProgram, runProgram } from "./program.ts";

await runProgram(createProgram([lintCommand(), compileCommand(), simulateCommand()]));
