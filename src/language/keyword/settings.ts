// GitLab Docs, "CI/CD YAML syntax reference": the small keywords `timeout`, `tags`, `coverage`, `id_tokens`, `hooks`.

import { parseRegexLiteral } from "../expression/regex.ts";
import { limits } from "../limits.ts";
import {
  type Input,
  invalid,
  read,
  readClosedMap,
  readList,
  readMap,
  readString,
  readStringOrList,
  readStrings,
} from "../tree/read.ts";
import { parseDuration } from "./duration.ts";
import { readScript } from "./script.ts";

const longestTimeout = 2_592_000;

/** Seconds; at most a month. */
export function readTimeout(input: Input): number | undefined {
  const text = readString(input);
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  return seconds !== undefined && seconds > 0 && seconds <= longestTimeout
    ? seconds
    : invalid(input, "`timeout` should be a duration such as `1h 30m`, of at most one month.");
}

export function readRunnerTags(input: Input): readonly string[] | undefined {
  const tags = input.node.kind === "list" ? flatTags(input) : undefined;
  if (tags === undefined) return readStrings(input);
  if (tags.length <= limits.runnerTags) return tags;
  const message = `There are ${tags.length} tags; the limit is ${limits.runnerTags}.`;
  input.report.error("limit-exceeded", message, input.path, input.node.place);
  return undefined;
}

function flatTags(input: Input): readonly string[] | undefined {
  return readList(input, (item) =>
    item.node.kind === "list" ? readStrings(item) : [readString(item) ?? ""],
  )?.flat();
}

/** A regular expression between slashes. */
export function readCoverage(input: Input): string | undefined {
  const text = readString(input);
  if (text === undefined) return undefined;
  const parsed = parseRegexLiteral(text);
  return parsed.ok ? text : invalid(input, `\`coverage\`: ${parsed.message}`);
}

export function readIdTokens(
  input: Input,
): Readonly<Record<string, readonly string[]>> | undefined {
  const map = readMap(input);
  if (map === undefined) return undefined;
  const tokens: [string, readonly string[]][] = [];
  for (const [name, { value }] of map.node.entries) {
    const token = { ...input, node: value, path: `${input.path}:${name}` };
    const settings = readClosedMap(token, "id_tokens");
    const audiences = settings && read(settings, "aud", readStringOrList);
    if (audiences !== undefined) tokens.push([name, audiences]);
    else if (settings !== undefined) invalid(token, `The ID token \`${name}\` needs \`aud\`.`);
  }
  return Object.fromEntries(tokens);
}

export function readHooks(input: Input): readonly string[] | undefined {
  const map = readClosedMap(input, "hooks");
  return map && read(map, "pre_get_sources_script", readScript);
}
