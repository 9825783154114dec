// GitLab Docs, "CI/CD YAML syntax reference": `trigger`, for child pipelines only.

import { defined } from "../defined.ts";
import { limits } from "../limits.ts";
import type { TriggerOptions } from "../plan.ts";
import { keywords } from "../tree/keywords.ts";
import { child, mapNode, plain } from "../tree/node.ts";
import {
  type Input,
  invalid,
  read,
  readBoolean,
  readClosedMap,
  readOneOf,
  readString,
} from "../tree/read.ts";

export function readTrigger(input: Input): TriggerOptions | undefined {
  if (input.node.kind !== "map") {
    const project = readString(input);
    const { note } = keywords.trigger.project;
    if (project === "") return invalid(input, "`trigger` should not be empty.");
    if (project) input.report.warning("not-supported", note ?? "", input.path, input.node.place);
    return undefined;
  }
  const map = readClosedMap(input, "trigger");
  if (map === undefined) return undefined;
  const include = map.node.entries.get("include")?.value;
  const strategy = read(map, "strategy", (value) => readOneOf(value, ["depend", "mirror"]));
  const forward = read(map, "forward", readForward);
  const project = read(map, "project", readString);
  if (include === undefined && child(map.node, "project")) return undefined;
  if (project !== undefined) {
    return invalid(input, "`trigger` has either `project` or `include`, not both.");
  }
  if (include === undefined)
    return invalid(input, "`trigger` needs an `include` with the file of the child pipeline.");
  const files = include.kind === "list" ? include.items : [include];
  if (files.length === 0) return invalid(input, "`trigger:include` should not be empty.");
  if (files.length > limits.childFiles) {
    const message = `\`trigger:include\` has ${files.length} files; the limit is ${limits.childFiles}.`;
    input.report.error("limit-exceeded", message, `${input.path}:include`, include.place);
    return undefined;
  }
  const inputs = plain(child(map.node, "inputs") ?? mapNode(new Map(), include.place));
  return {
    include: files.map((file) => withInputs(plain(file), inputs)),
    ...defined({ strategy }),
    forwardYamlVariables: forward?.yaml ?? true,
    forwardPipelineVariables: forward?.pipeline ?? false,
  };
}

/** `trigger:inputs` are for each file, which may have some of its own. */
function withInputs(file: unknown, inputs: unknown): unknown {
  if (!isRecord(inputs) || Object.keys(inputs).length === 0) return file;
  if (typeof file === "string") {
    return /^https?:\/\//.test(file) ? { remote: file, inputs } : { local: file, inputs };
  }
  if (!isRecord(file)) return file;
  const own = isRecord(file.inputs) ? file.inputs : {};
  return { ...file, inputs: { ...inputs, ...own } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readForward(input: Input): { yaml: boolean; pipeline: boolean } | undefined {
  const map = readClosedMap(input, "trigger:forward");
  if (map === undefined) return undefined;
  return {
    yaml: read(map, "yaml_variables", readBoolean) ?? true,
    pipeline: read(map, "pipeline_variables", readBoolean) ?? false,
  };
}
