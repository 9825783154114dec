#!/usr/bin/env node
import { startProgram } from "../local/bundle/start.mjs";

const [command, ...options] = process.argv.slice(2);
const isService = command === "up" && !options.includes("--detach");
await startProgram(isService ? "service" : "command-line", "main");
