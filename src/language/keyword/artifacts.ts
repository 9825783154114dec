// GitLab Docs, "CI/CD YAML syntax reference": `artifacts`.
import type { ArtifactsOptions } from "../plan.ts";
import {
  type Input,
  invalid,
  read,
  readBoolean,
  readClosedMap,
  readMap,
  readOneOf,
  readText,
  readTextList,
  readTextOrList,
} from "../read.ts";
import { parseDuration } from "./duration.ts";

export const uploadWhen = ["on_success", "on_failure", "always"] as const;

const reportTypes = [
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

export function readArtifacts(input: Input): ArtifactsOptions | undefined {
  const map = readClosedMap(input, "artifacts");
  if (map === undefined) return undefined;
  const name = read(map, "name", readText);
  const expireIn = read(map, "expire_in", readExpiry);
  return {
    ...(name !== undefined && { name }),
    paths: read(map, "paths", readTextList) ?? [],
    exclude: read(map, "exclude", readTextList) ?? [],
    untracked: read(map, "untracked", readBoolean) ?? false,
    when: read(map, "when", (when) => readOneOf(when, uploadWhen)) ?? "on_success",
    ...(expireIn !== undefined && { expireIn }),
    reports: read(map, "reports", readReports) ?? {},
  };
}

function readExpiry(input: Input): string | undefined {
  const text = readText(input);
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
      const message = `\`${type}\` is not a type of report. Known: ${reportTypes.join(", ")}.`;
      input.report.error("unknown-key", message, path, keyPlace);
      continue;
    }
    const entry = { ...input, node: value, path };
    const paths =
      value.kind === "map"
        ? read({ ...entry, node: value }, "path", readTextOrList)
        : readTextOrList(entry);
    if (paths !== undefined) reports.push([type, paths]);
  }
  return Object.fromEntries(reports);
}
