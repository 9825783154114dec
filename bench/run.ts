import { readdirSync } from "node:fs";
import { type Benchmark, printRows } from "./report.ts";

const notBenchmarks = new Set([
  "run.ts",
  "report.ts",
  "peer.ts",
  "sample-file.ts",
  "github-push.ts",
]);
const wanted = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".ts") && !notBenchmarks.has(name))
  .map((name) => name.replace(/\.ts$/, ""))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

console.log(
  "Medians; ratios are against the peer or floor named, measured in this same run on this machine.",
);
for (const name of names) {
  const { benchmark } = (await import(`./${name}.ts`)) as { benchmark: Benchmark };
  printRows(benchmark.title, await benchmark.run());
}
