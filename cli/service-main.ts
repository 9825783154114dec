// The service alone, as one program: `cli/slipway.js` runs `slipway up` from it.
import { upCommand } from "./commands/up.ts";
import { createProgram, runProgram } from "./program.ts";

await runProgram(createProgram([upCommand()]));
