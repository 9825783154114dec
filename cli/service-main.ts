// The service alone, as one program.
import { upCommand } from "./commands/up.ts";
import { createProgram, runProgram } from "./program.ts";

await runProgram(createProgram([upCommand()]));
