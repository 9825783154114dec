import { makeBundles } from "../bundle/make-bundle.ts";
import { bundleMirror, bundleRegistryFront, bundleRunner } from "../bundle/program.ts";
import { ensureMachine } from "./machine.ts";
import { SetupProblem } from "./problem.ts";

try {
  await ensureMachine((line) => console.log(line));
  // So that the first start of each is as fast as all others.
  await Promise.all([makeBundles(), bundleRunner(), bundleRegistryFront(), bundleMirror()]);
} catch (error) {
  if (!(error instanceof SetupProblem)) {
    throw error;
  }
  console.error(`\nSet-up cannot go on. ${error.message}\n\n  How to get it: ${error.howToGet}\n`);
  process.exitCode = 1;
}
