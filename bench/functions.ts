import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BundleSize, bundleFunction, type FunctionName } from "#functions/bundle.ts";
import { defined } from "#language/defined.ts";
import { parseSettings } from "#project/parse-settings.ts";
import type { Benchmark, Row } from "./report.ts";

const names: readonly FunctionName[] = ["http", "work", "builds", "sweep"];
const starts = 15;

/** The functions as they are deployed: what they weigh, and how long a start takes. */
export const benchmark: Benchmark = {
  title: "Functions on AWS (bundles and starts)",
  run: async () => {
    const directory = await mkdtemp(join(tmpdir(), "slipway-bench-functions-"));
    try {
      const parsed = parseSettings("");
      if (!("settings" in parsed)) throw new Error("no settings are settings too");
      const rows: Row[] = [];
      for (const name of names) {
        const output = join(directory, name);
        const size = await bundleFunction(name, { output, settings: parsed.settings });
        rows.push(...sizeRows(name, size), startRow(name, join(output, "main.mjs")));
      }
      return rows;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function sizeRows(name: FunctionName, { startBytes, lateBytes, totalBytes }: BundleSize): Row[] {
  const kilobytes = (what: string, bytes: number, goal?: string): Row => ({
    name: `${name}: ${what}`,
    value: bytes / 1000,
    unit: "kB",
    ...defined({ goal }),
  });
  const late = Object.entries(lateBytes).map(([source, bytes]) =>
    kilobytes(`+ ${source}`, bytes, "when needed"),
  );
  return [
    kilobytes("loaded at start", startBytes, name === "http" ? "≤ 350" : undefined),
    ...(name === "http" ? late : []),
    kilobytes("all", totalBytes),
  ];
}

/** Whole processes, by turns with bare ones, with source maps as in Lambda; the fastest, which others disturbed least. */
function startRow(name: FunctionName, entry: string): Row {
  const bare: number[] = [];
  const own: number[] = [];
  for (let count = 0; count < starts; count += 1) {
    bare.push(processMilliseconds(""));
    own.push(processMilliseconds(`await import(${JSON.stringify(pathToFileURL(entry).href)})`));
  }
  return {
    name: `${name}: a process that imports it, the fastest`,
    value: Math.min(...own),
    unit: "ms",
    floor: { name: "bare Node", value: Math.min(...bare) },
    ...(name === "http" && {
      goal: `≤ bare + 100; it is + ${(Math.min(...own) - Math.min(...bare)).toFixed(0)}`,
    }),
  };
}

function processMilliseconds(code: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--enable-source-maps", "--input-type=module", "--eval", code],
    { env: { ...process.env, ...functionEnvironment }, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

const functionEnvironment = {
  AWS_REGION: "eu-west-1",
  SLIPWAY_URL: "https://slipway.example.com",
  SLIPWAY_TABLE: "slipway",
  SLIPWAY_BUCKET: "slipway",
  SLIPWAY_WORK_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/slipway-work.fifo",
  SLIPWAY_LATER_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/slipway-later",
  SLIPWAY_SECRETS_PREFIX: "slipway/",
  SLIPWAY_CODEBUILD_PROJECT: "slipway",
  SLIPWAY_BUILD_ROLES: "arn:aws:iam::123456789012:role/slipway/builds/",
  SLIPWAY_REGISTRY: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
  SLIPWAY_VERSION: "0.1.0",
};
