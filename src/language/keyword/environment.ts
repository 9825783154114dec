// GitLab Docs, "CI/CD YAML syntax reference": `environment`.

import { defined } from "../defined.ts";
import type { DeploymentEnvironment } from "../plan.ts";
import { child } from "../tree/node.ts";
import { type Input, invalid, read, readClosedMap, readOneOf, readString } from "../tree/read.ts";
import { parseDuration } from "./duration.ts";

const actions = ["start", "prepare", "stop", "verify", "access"] as const;
const tiers = ["production", "staging", "testing", "development", "other"] as const;

const longestUrl = 255;

export function readDeploymentEnvironment(input: Input): DeploymentEnvironment | undefined {
  if (input.node.kind !== "map") {
    const name = readName(input);
    return name === undefined ? undefined : { name, action: "start" };
  }
  const map = readClosedMap(input, "environment");
  if (map === undefined) return undefined;
  if (child(map.node, "name") === undefined) return invalid(input, "`environment` needs a `name`.");
  const name = read(map, "name", readName);
  if (name === undefined) return undefined;
  const url = read(map, "url", readUrl);
  const onStop = read(map, "on_stop", readString);
  read(map, "auto_stop_in", readAutoStop);
  const tier = read(map, "deployment_tier", (value) => readOneOf(value, tiers));
  return {
    name,
    ...defined({ url }),
    action: read(map, "action", (value) => readOneOf(value, actions)) ?? "start",
    ...defined({ onStop, tier }),
  };
}

function readName(input: Input): string | undefined {
  const name = readString(input);
  if (name === undefined || /^[\w${}. -](?:[\w${}. /-]*[\w${}. -])?$/.test(name)) return name;
  const message =
    "An environment's name has letters, digits, spaces and `-_/${}.`, and no `/` at its start or end.";
  return invalid(input, message);
}

/** `never`, a duration, or a variable with one. */
function readAutoStop(input: Input): string | undefined {
  const text = readString(input);
  if (text === undefined || text === "never" || /[$%]/.test(text)) return text;
  if (parseDuration(text) !== undefined) return text;
  return invalid(input, "`auto_stop_in` should be a duration such as `1 week`, or `never`.");
}

function readUrl(input: Input): string | undefined {
  const url = readString(input);
  if (url === undefined || url.length <= longestUrl) return url;
  return invalid(input, `An environment's \`url\` has at most ${longestUrl} characters.`);
}
