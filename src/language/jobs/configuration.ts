// The merged configuration, split into its top-level keywords and its jobs, with closed lists of keys.

import { defined } from "../defined.ts";
import { readGlobalVariables } from "../keyword/variables.ts";
import { limits } from "../limits.ts";
import { readDefaults, withDefaults } from "../tree/inherit.ts";
import { type Keyword, keywords } from "../tree/keywords.ts";
import { nearest } from "../tree/nearest.ts";
import { child, type Entry, kindOf, type MapNode, mapNode, type Node } from "../tree/node.ts";
import { checkKeys, type Input, type MapInput } from "../tree/read.ts";
import type { Report } from "../tree/report.ts";
import { readStages } from "../tree/stages.ts";
import type { Variable } from "../variables.ts";
import { checkJob } from "./check-job.ts";
import { type JobConfig, readJob } from "./job.ts";

export type Configuration = {
  /** Used or not, in order. */
  readonly stages: readonly string[];
  readonly variables: readonly Variable[];
  readonly workflow?: Input;
  readonly jobs: readonly JobConfig[];
};

export function readConfiguration(root: MapNode, report: Report): Configuration {
  const top = (key: string): Input | undefined => {
    const node = child(root, key);
    return node === undefined ? undefined : { node, path: key, report };
  };
  const workflow = top("workflow");
  const variables = top("variables");
  const stages = readStages(top("stages"));
  return {
    stages,
    variables: (variables && readGlobalVariables(variables)) ?? [],
    jobs: readJobs(root, stages, report),
    ...defined({ workflow }),
  };
}

function readJobs(root: MapNode, stages: readonly string[], report: Report): readonly JobConfig[] {
  const before = report.errors();
  checkGlobals(root, report);
  if (report.errors() > before) return [];
  const names = [...root.entries.keys()].filter(isJob);
  if (names.length > limits.definedJobs) {
    const message = `There are ${names.length.toLocaleString("en")} jobs; the limit is ${limits.definedJobs.toLocaleString("en")}.`;
    report.error("limit-exceeded", message, "jobs", root.place);
    return [];
  }
  refuseEmptyHidden(root, report);
  const defaults = readDefaults(root, report);
  // Also what no job inherits has to be right.
  readJob("default", { node: mapNode(defaults, root.place), path: "default", report });
  const jobs: JobConfig[] = [];
  for (const name of names) {
    const entry = root.entries.get(name);
    const input = entry && jobInput(name, entry, report);
    if (entry === undefined || input === undefined) continue;
    const job = readJob(name, { ...input, node: withDefaults(input, defaults) });
    checkJob(job, entry.keyPlace, stages);
    jobs.push(job);
  }
  if (names.length === 0) {
    const message =
      "There is no job: add one with a `script`. Names that begin with a dot are hidden.";
    report.error("no-jobs", message, "jobs", root.place);
  }
  return jobs;
}

/** Top-level keywords that are refused, and jobs that have taken the name of one. */
function checkGlobals(root: MapNode, report: Report): void {
  for (const [name, keyword] of Object.entries<Keyword>(keywords.global)) {
    const entry = root.entries.get(name);
    if (entry === undefined) continue;
    const mayHoldScript = name === "variables" || name === "default";
    if (keyword.support === "refused") {
      report.error("not-supported", keyword.note ?? "", name, entry.keyPlace);
    } else if (!mayHoldScript && entry.value.kind === "map" && child(entry.value, "script")) {
      const message = `\`${name}\` is a top-level keyword, so a job cannot have this name.`;
      report.error("reserved-name", message, name, entry.keyPlace);
    }
  }
}

/** `.name:` with nothing below is a slip: whoever extends it would get nothing. */
function refuseEmptyHidden({ entries }: MapNode, report: Report): void {
  for (const [name, { keyPlace, value }] of entries) {
    if (!name.startsWith(".") || !isEmpty(value)) continue;
    report.error("invalid-job", `\`${name}\` should not be empty.`, `jobs:${name}`, keyPlace);
  }
}

function isEmpty(value: Node): boolean {
  if (value.kind === "list") return value.items.length === 0;
  return value.kind === "map"
    ? value.entries.size === 0
    : value.kind === "scalar" && value.text.trim() === "";
}

function isJob(name: string): boolean {
  return !name.startsWith(".") && !Object.hasOwn(keywords.global, name);
}

/** The map of a job; a misspelt or misplaced top-level keyword ends here as well. */
function jobInput(name: string, { keyPlace, value }: Entry, report: Report): MapInput | undefined {
  const path = `jobs:${name}`;
  const runs =
    value.kind === "map" && ["script", "trigger", "run"].some((key) => child(value, key));
  if (value.kind === "map" && runs) {
    const input = { node: value, path, report };
    const isTrigger = child(value, "trigger") !== undefined && child(value, "script") === undefined;
    checkKeys(input, isTrigger ? "job with trigger" : "job");
    return input;
  }
  const guess = nearest(name, Object.keys(keywords.global));
  if (guess !== undefined) {
    const message = `\`${name}\` is not a top-level keyword. Did you mean \`${guess}\`?`;
    report.error("unknown-key", message, name, keyPlace);
  } else if (Object.hasOwn(keywords.job, name) && value.kind !== "map") {
    const message = `\`${name}\` belongs into a job, not at the top level.`;
    report.error("unknown-key", message, name, keyPlace);
  } else if (value.kind === "map") {
    checkKeys({ node: value, path, report }, "job");
    const message = `The job \`${name}\` needs a \`script\` (or a \`trigger\`). A job that only others extend begins with a dot.`;
    report.error("missing-script", message, path, keyPlace);
  } else {
    const message = `The job \`${name}\` should be a map with a \`script\`, but is ${kindOf(value)}.`;
    report.error("invalid-job", message, path, keyPlace);
  }
  return undefined;
}
