#!/usr/bin/env node
import { programFor } from "../local/bundle/programs.mjs";
import { startProgram } from "../local/bundle/start.mjs";

await startProgram(programFor(process.argv.slice(2)), "main");
