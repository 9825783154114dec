import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Benchmark, Row } from "./report.ts";

type Timed = { readonly name: string; readonly milliseconds: number };

/** Every hostile input of the tests, each once, cold, in a process with 256 MB; the slowest five are shown. */
async function run(): Promise<readonly Row[]> {
  const child = join(import.meta.dirname, "../test/language/hostile-child.ts");
  const args = ["--max-old-space-size=256", "--import", "tsx", child];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const results: readonly Timed[] = JSON.parse(stdout);
  const slowest = results.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 5);
  return slowest.map(({ name, milliseconds }) => ({
    name: name.slice(0, 52),
    value: milliseconds,
    unit: "ms",
    goal: "≤ 1000 ms",
  }));
}

export const benchmark: Benchmark = {
  title: "Hostile configurations, in a process with 256 MB: the slowest five",
  run,
};
