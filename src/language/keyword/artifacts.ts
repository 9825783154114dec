// GitLab Docs, "CI/CD YAML syntax reference": `artifacts`.

import { defined } from "../defined.ts";
import type { ArtifactsOptions } from "../plan.ts";
import { nearest } from "../tree/nearest.ts";
import { child, isNull } from "../tree/node.ts";
import {
  type Input,
  invalid,
  read,
  readBoolean,
  readClosedMap,
  readMap,
  readOneOf,
  readString,
  readStringOrList,
  readStrings,
} from "../tree/read.ts";
import { parseDuration } from "./duration.ts";

export const uploadWhen = ["on_success", "on_failure", "always"] as const;

export const reportTypes = [
  ...[
    "accessibility",
    "annotations",
    "api_fuzzing",
    "browser_performance",
    "cluster_image_scanning",
  ],
  ...[
    "codequality",
    "container_scanning",
    "coverage_fuzzing",
    "coverage_report",
    "cyclonedx",
    "dast",
  ],
  ...["dependency_scanning", "dotenv", "junit", "license_scanning", "load_performance", "metrics"],
  ...[
    "performance",
    "repository_xray",
    "requirements",
    "requirements_v2",
    "sast",
    "secret_detection",
  ],
  ...["terraform", "lsif", "sarif", "scip"],
];

const accesses = ["none", "developer", "maintainer", "all"] as const;
const longestExposeAs = 100;

export function readArtifacts(input: Input): ArtifactsOptions | undefined {
  const map = readClosedMap(input, "artifacts");
  if (map === undefined) return undefined;
  if (child(map.node, "access") && child(map.node, "public")) {
    invalid(input, "`artifacts` has either `access` or `public`, not both.");
  }
  read(map, "access", (value) => readOneOf(value, accesses));
  read(map, "public", readBoolean);
  const paths = read(map, "paths", readStrings) ?? [];
  read(map, "expose_as", (value) => readExposeAs(value, paths));
  const name = read(map, "name", readString);
  const expireIn = read(map, "expire_in", readExpiry);
  return {
    ...defined({ name }),
    paths,
    exclude: read(map, "exclude", readStrings) ?? [],
    untracked: read(map, "untracked", readBoolean) ?? false,
    when: read(map, "when", (when) => readOneOf(when, uploadWhen)) ?? "on_success",
    ...defined({ expireIn }),
    reports: read(map, "reports", readReports) ?? {},
  };
}

/** Not done, but what GitLab refuses is refused. */
function readExposeAs(input: Input, paths: readonly string[]): string | undefined {
  const text = readString(input);
  if (text === undefined) return undefined;
  if (text.length > longestExposeAs || !/^\w[-\w ]*$/.test(text)) {
    const message = `\`expose_as\` has letters, digits, spaces, \`-\` and \`_\`, and at most ${longestExposeAs} characters.`;
    return invalid(input, message);
  }
  if (paths.length === 0) return invalid(input, "`expose_as` needs `paths`.");
  const isPattern = paths.some((path) => path.includes("*"));
  return isPattern ? invalid(input, "`expose_as` needs `paths` without `*`.") : text;
}

function readExpiry(input: Input): string | undefined {
  const text = readString(input);
  if (text === undefined || text === "never" || parseDuration(text) !== undefined) return text;
  return invalid(input, `\`expire_in\` should be a duration such as \`1 week\`, or \`never\`.`);
}

function readReports(input: Input): Readonly<Record<string, readonly string[]>> | undefined {
  const map = readMap(input);
  if (map === undefined) return undefined;
  const reports: [string, readonly string[]][] = [];
  for (const [type, { keyPlace, value }] of map.node.entries) {
    const path = `${input.path}:${type}`;
    if (!reportTypes.includes(type)) {
      const guess = nearest(type, reportTypes);
      const help = guess ? `Did you mean \`${guess}\`?` : `Known: ${reportTypes.join(", ")}.`;
      const message = `\`${type}\` is not a type of report. ${help}`;
      input.report.error("unknown-key", message, path, keyPlace);
      continue;
    }
    if (isNull(value)) continue;
    const read = type === "coverage_report" ? readCoverageReport : readStringOrList;
    const paths = read({ ...input, node: value, path });
    if (paths !== undefined) reports.push([type, paths]);
  }
  return Object.fromEntries(reports);
}

function readCoverageReport(input: Input): readonly string[] | undefined {
  const map = readClosedMap(input, "artifacts:reports:coverage_report");
  if (map === undefined) return undefined;
  const format = read(map, "coverage_format", (value) => readOneOf(value, ["cobertura", "jacoco"]));
  const path = read(map, "path", readString);
  if (path !== undefined && format !== undefined) return [path];
  const isGiven = ["path", "coverage_format"].every((key) => child(map.node, key));
  return isGiven
    ? undefined
    : invalid(input, "`coverage_report` needs `coverage_format` (cobertura or jacoco) and `path`.");
}
