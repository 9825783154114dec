import { commandsFor } from "./commands.ts";
import { createProgram, runProgram } from "./program.ts";

await runProgram(createProgram(await commandsFor(process.argv.slice(2))));
