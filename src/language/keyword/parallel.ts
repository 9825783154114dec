// GitLab Docs, "CI/CD YAML syntax reference": `parallel` and `parallel:matrix`.
import { limits } from "../limits.ts";
import {
  type Input,
  invalid,
  items,
  read,
  readClosedMap,
  readInteger,
  readMap,
  readText,
} from "../tree/read.ts";

/** Variables of one instance, in the order in which its name lists them. */
export type MatrixCombination = readonly { readonly key: string; readonly value: string }[];

export type ParallelConfig =
  | { readonly type: "count"; readonly total: number }
  | { readonly type: "matrix"; readonly combinations: readonly MatrixCombination[] };

export function readParallel(input: Input): ParallelConfig | undefined {
  if (input.node.kind !== "map") {
    const total = readInteger(input, 1, limits.parallelJobs);
    return total === undefined ? undefined : { type: "count", total };
  }
  const map = readClosedMap(input, "parallel");
  if (map === undefined) return undefined;
  const combinations = read(map, "matrix", readMatrix);
  if (combinations !== undefined) return { type: "matrix", combinations };
  return map.node.entries.has("matrix")
    ? undefined
    : invalid(input, "`parallel` should be a number, or have a `matrix` with a list of variables.");
}

/** The suffix that tells the instances of a matrix apart. */
export function instanceName(job: string, combination: MatrixCombination): string {
  return `${job}: [${combination.map(({ value }) => value).join(", ")}]`;
}

export function readMatrix(input: Input): readonly MatrixCombination[] | undefined {
  const maps = items(input);
  if (maps === undefined) return undefined;
  const axes = maps.map(readAxes).filter((axis) => axis !== undefined);
  if (axes.length !== maps.length) return undefined;
  const count = axes.reduce(
    (total, lists) => total + lists.reduce((product, { values }) => product * values.length, 1),
    0,
  );
  if (count > limits.parallelJobs) {
    const most = limits.parallelJobs;
    const message = `The matrix gives ${count.toLocaleString("en")} jobs; the limit is ${most}.`;
    input.report.error("limit-exceeded", message, input.path, input.node.place);
    return undefined;
  }
  return axes.flatMap(combine);
}

type Axis = { readonly key: string; readonly values: readonly string[] };

function readAxes(input: Input): readonly Axis[] | undefined {
  const map = readMap(input);
  if (map === undefined) return undefined;
  const axes: Axis[] = [];
  for (const [key, { value }] of map.node.entries) {
    const entry = { ...input, node: value, path: `${input.path}:${key}` };
    const values = readValues(entry);
    if (values === undefined) return undefined;
    if (values.length === 0) return invalid(entry, `The matrix variable \`${key}\` has no values.`);
    axes.push({ key, values });
  }
  return axes.length > 0 ? axes : invalid(input, "An entry of `matrix` should have variables.");
}

function readValues(input: Input): readonly string[] | undefined {
  if (input.node.kind !== "list") {
    const value = readText(input);
    return value === undefined ? undefined : [value];
  }
  const values: string[] = [];
  for (const item of items(input) ?? []) {
    const flat = item.node.kind === "list" ? readValues(item) : [readText(item)];
    for (const value of flat ?? [undefined]) {
      if (value === undefined) return undefined;
      values.push(value);
    }
  }
  return values;
}

/** All combinations, the last variable changing fastest. */
function combine(axes: readonly Axis[]): readonly MatrixCombination[] {
  return axes.reduce<readonly MatrixCombination[]>(
    (combinations, { key, values }) =>
      combinations.flatMap((combination) =>
        values.map((value) => [...combination, { key, value }]),
      ),
    [[]],
  );
}
