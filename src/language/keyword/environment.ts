// GitLab Docs, "CI/CD YAML syntax reference": `environment`.
import type { DeploymentEnvironment } from "../plan.ts";
import { type Input, invalid, read, readClosedMap, readOneOf, readText } from "../read.ts";

const actions = ["start", "prepare", "stop", "verify", "access"] as const;
const tiers = ["production", "staging", "testing", "development", "other"] as const;

export function readDeploymentEnvironment(input: Input): DeploymentEnvironment | undefined {
  if (input.node.kind !== "map") {
    const name = readText(input);
    return name === undefined ? undefined : { name, action: "start" };
  }
  const map = readClosedMap(input, "environment");
  if (map === undefined) return undefined;
  const name = read(map, "name", readText);
  if (name === undefined || name === "") return invalid(input, "`environment` needs a `name`.");
  const url = read(map, "url", readText);
  const onStop = read(map, "on_stop", readText);
  const tier = read(map, "deployment_tier", (value) => readOneOf(value, tiers));
  return {
    name,
    ...(url !== undefined && { url }),
    action: read(map, "action", (value) => readOneOf(value, actions)) ?? "start",
    ...(onStop !== undefined && { onStop }),
    ...(tier !== undefined && { tier }),
  };
}
