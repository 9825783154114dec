// GitLab Docs, "CI/CD YAML syntax reference": `stages`, `.pre` and `.post`.
import { type Input, readStrings } from "./read.ts";

const usual = ["build", "test", "deploy"];

/** All stages in order, used or not; `.pre` is always the first and `.post` the last. */
export function readStages(input: Input | undefined): readonly string[] {
  const written = input === undefined ? usual : (readStrings(input) ?? usual);
  const between = new Set(written.filter((stage) => stage !== ".pre" && stage !== ".post"));
  return [".pre", ...between, ".post"];
}
