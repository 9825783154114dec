// GitLab Docs, "CI/CD YAML syntax reference": `needs` as written; the names are looked up once all jobs are known.
import { defined } from "../defined.ts";
import { limits } from "../limits.ts";
import type { Place } from "../tree/node.ts";
import {
  type Input,
  invalid,
  items,
  type MapInput,
  read,
  readBoolean,
  readClosedMap,
  readString,
} from "../tree/read.ts";
import { type MatrixCombination, readMatrix } from "./parallel.ts";

export type NeedConfig = {
  /** A job's name as in the file: all its instances, where it is parallel. */
  readonly job: string;
  readonly artifacts: boolean;
  readonly optional: boolean;
  /** Only these instances of a `parallel:matrix` job. */
  readonly matrix?: readonly MatrixCombination[];
  readonly path: string;
  readonly place: Place;
};

export function readNeeds(input: Input): readonly NeedConfig[] | undefined {
  const { kind } = input.node;
  const entries = kind === "list" ? items(input) : kind === "map" ? [input] : undefined;
  if (entries === undefined) {
    return invalid(input, "`needs` should be a list of jobs, for example `needs: [build]`.");
  }
  if (entries.length > limits.needs) {
    const message = `\`needs\` has ${entries.length} entries; the limit is ${limits.needs}.`;
    input.report.error("limit-exceeded", message, input.path, input.node.place);
    return undefined;
  }
  const flat = entries.flatMap((entry) => flattened(entry));
  const needs = flat.flatMap((entry) => readNeed(entry) ?? []);
  // Needs of other projects only fetch: alone they leave the job waiting for the stages before it.
  return needs.length === 0 && flat.length > 0 ? undefined : needs;
}

/** `!reference` may put a list into the list. */
function flattened(input: Input): readonly Input[] {
  return input.node.kind === "list" ? (items(input) ?? []) : [input];
}

function readNeed(input: Input): NeedConfig | undefined {
  const where = { path: input.path, place: input.node.place };
  if (input.node.kind !== "map") {
    const job = readString(input);
    if (job !== undefined) checkName(input, job);
    return job === undefined ? undefined : { job, artifacts: true, optional: false, ...where };
  }
  const map = readClosedMap(input, "needs");
  if (map === undefined || isForeign(map)) return undefined;
  const job = read(map, "job", readString);
  if (job === undefined) return invalid(input, "A need should name a `job`.");
  checkName(input, job);
  const matrix = read(map, "parallel", readSelection);
  return {
    job,
    artifacts: read(map, "artifacts", readBoolean) ?? true,
    optional: read(map, "optional", readBoolean) ?? false,
    ...defined({ matrix }),
    ...where,
  };
}

function checkName(input: Input, job: string): void {
  if (job.length <= limits.neededName) return;
  input.report.error("limit-exceeded", neededNameTooLong, input.path, input.node.place);
}

export const neededNameTooLong = `The name of a job that others need has at most ${limits.neededName} characters.`;

/** Needs of other pipelines and projects, which the table of keywords warns about. */
function isForeign(map: MapInput): boolean {
  return map.node.entries.has("pipeline") || map.node.entries.has("project");
}

function readSelection(input: Input): readonly MatrixCombination[] | undefined {
  const map = readClosedMap(input, "parallel");
  return map === undefined ? undefined : read(map, "matrix", readMatrix);
}
