/** One figure of a benchmark, and what it is held against in the same run. */
export type Row = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Named peer or floor, in the same unit. */
  readonly floor?: { readonly name: string; readonly value: number };
  /** What is aimed for, in words: `≤ 1.8 × floor`. */
  readonly goal?: string;
};

export type Benchmark = { readonly title: string; readonly run: () => Promise<readonly Row[]> };

/** A table for people: figure, floor, ratio, goal. */
export function printRows(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const { name, value, unit, floor, goal } of rows) {
    const ratio =
      floor === undefined
        ? ""
        : `  ${(value / floor.value).toFixed(2)} × ${floor.name} (${format(floor.value)} ${unit})`;
    console.log(
      `  ${name.padEnd(52)} ${format(value).padStart(9)} ${unit}${ratio}${goal === undefined ? "" : `   goal ${goal}`}`,
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(4);
}
