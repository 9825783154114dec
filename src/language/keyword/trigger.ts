// GitLab Docs, "CI/CD YAML syntax reference": `trigger`, for child pipelines only.
import { plain } from "../node.ts";
import type { TriggerOptions } from "../plan.ts";
import { type Input, invalid, read, readBoolean, readClosedMap, readOneOf } from "../read.ts";

export function readTrigger(input: Input): TriggerOptions | undefined {
  if (input.node.kind !== "map") {
    const message =
      "Pipelines of other projects cannot be started; use `trigger:include` for a child pipeline.";
    input.report.error("not-supported", message, input.path, input.node.place);
    return undefined;
  }
  const map = readClosedMap(input, "trigger");
  if (map === undefined) return undefined;
  const include = map.node.entries.get("include")?.value;
  if (include === undefined && map.node.entries.has("project")) return undefined;
  if (include === undefined)
    return invalid(input, "`trigger` needs an `include` with the file of the child pipeline.");
  const strategy = read(map, "strategy", (value) => readOneOf(value, ["depend", "mirror"]));
  const forward = read(map, "forward", readForward);
  return {
    include: include.kind === "list" ? include.items.map(plain) : [plain(include)],
    ...(strategy !== undefined && { strategy }),
    forwardYamlVariables: forward?.yaml ?? true,
    forwardPipelineVariables: forward?.pipeline ?? false,
  };
}

function readForward(input: Input): { yaml: boolean; pipeline: boolean } | undefined {
  const map = readClosedMap(input, "trigger:forward");
  if (map === undefined) return undefined;
  return {
    yaml: read(map, "yaml_variables", readBoolean) ?? true,
    pipeline: read(map, "pipeline_variables", readBoolean) ?? false,
  };
}
