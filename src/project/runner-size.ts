import { defined } from "#language/defined.ts";
import { type ComputeSize, computeSizes } from "#pipeline/pipeline.ts";

/** What a runner tag stands for: how large the environment of its jobs is. */
export type RunnerSize = {
  readonly compute?: ComputeSize;
  readonly memoryBytes?: number;
};

/** By runner tag, as `runner_tags` of `slipway.yaml` has them. */
export type RunnerSizes = Readonly<Record<string, RunnerSize>>;

const gibibyte = 1024 ** 3;

/** Memory of CodeBuild's Linux compute types (AWS CodeBuild User Guide, "Build environment compute modes"). */
const memoryOf: Readonly<Record<ComputeSize, number>> = {
  small: 4 * gibibyte,
  medium: 8 * gibibyte,
  large: 16 * gibibyte,
  xlarge: 72 * gibibyte,
  "2xlarge": 144 * gibibyte,
};

/** Of several tags with a size the largest counts, each measure for itself; tags without one say nothing. */
export function sizeOf(tags: readonly string[], sizes: RunnerSizes = {}): RunnerSize {
  const named = tags.flatMap((tag) => (Object.hasOwn(sizes, tag) ? (sizes[tag] ?? []) : []));
  const memoryBytes = Math.max(0, ...named.map((size) => size.memoryBytes ?? 0));
  const compute = computeSizes.findLast((name) => named.some((size) => size.compute === name));
  const atLeast = compute ?? (memoryBytes > 0 ? smallestWith(memoryBytes) : undefined);
  return {
    ...defined({ compute: atLeast }),
    ...(memoryBytes > 0 && { memoryBytes }),
  };
}

function smallestWith(memoryBytes: number): ComputeSize {
  return computeSizes.find((name) => memoryOf[name] >= memoryBytes) ?? "2xlarge";
}

/** Tags that `slipway.yaml` says nothing about, each once. */
export function tagsWithoutSize(
  tags: readonly string[],
  sizes: RunnerSizes = {},
): readonly string[] {
  return [...new Set(tags)].filter((tag) => !Object.hasOwn(sizes, tag));
}

/** With less an engine does not start. */
const leastMemoryBytes = 256 * 1024 ** 2;

/** Bytes of `512m` or `8g` (as Docker writes sizes); undefined for anything else, and for less than 256m. */
export function parseMemory(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,3})?)\s*([mg])i?b?$/i.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const bytes = Math.round(Number(number) * (unit.toLowerCase() === "g" ? gibibyte : 1024 ** 2));
  return bytes < leastMemoryBytes ? undefined : bytes;
}
