import type { ComputeSize } from "#pipeline/pipeline.ts";

/**
 * What AWS charges, in US dollars: the one table that all figures of cost are made from. Look the prices up for your
 * region and agreement before you rely on a figure (aws.amazon.com/codebuild/pricing and its neighbours).
 */
export const prices = {
  region: "us-east-1",
  /** When the table was last gone through. */
  asOf: "2026-11-21",
  /** A minute of a Linux x86 build, begun minutes counting whole; sizes without a price are left open. */
  buildMinute: { small: 0.005, medium: 0.01, large: 0.02 } satisfies Partial<
    Record<ComputeSize, number>
  >,
  /** A minute of a small Linux ARM build, which only an aarch64 `build_image` starts; no report knows of it. */
  armSmallMinute: 0.0034,
  httpApiRequest: 1 / 1_000_000,
  lambdaRequest: 0.2 / 1_000_000,
  /** Of an ARM function, as all of ours are; on x86 it is a quarter more. */
  lambdaGigabyteSecond: 0.0000133334,
  /** A write of up to 1 KB, and a read of up to 4 KB that sees the newest state; on demand. */
  tableWriteUnit: 0.625 / 1_000_000,
  tableReadUnit: 0.125 / 1_000_000,
  fifoRequest: 0.5 / 1_000_000,
  secretMonth: 0.4,
  alarmMonth: 0.1,
  keyMonth: 1,
} as const;

/** Undefined where the table has no price for the size. */
export function minutePrice(compute: ComputeSize): number | undefined {
  const known: Partial<Record<ComputeSize, number>> = prices.buildMinute;
  return known[compute];
}
