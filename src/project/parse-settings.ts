import { type Document, LineCounter, parseDocument } from "yaml";
import * as z from "zod/mini";
import { parseDuration } from "#language/keyword/duration.ts";
import type { ComputeSize } from "#pipeline/pipeline.ts";
import { plainPath } from "#pipeline/project-key.ts";
import { type AwsSettings, toAwsSettings } from "./aws-settings.ts";
import { type ForgeConnection, toConnection } from "./connection.ts";
import { parseMemory, type RunnerSizes } from "./runner-size.ts";
import type { ProjectSettings, ProjectVariable } from "./settings.ts";
import { offsetOf } from "./settings-place.ts";
import {
  bytesPerMegabyte,
  type GivenSettings,
  type GivenVariable,
  settingsSchema,
} from "./settings-schema.ts";

/** One thing that is wrong in `slipway.yaml`, with its place. */
export type SettingsProblem = {
  readonly path: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
};

export type Settings = {
  /** Settings of a project that the file does not name. */
  readonly defaults: Omit<ProjectSettings, "path">;
  /** By lower-case path. */
  readonly projects: ReadonlyMap<string, ProjectSettings>;
  /** Connections to forges by name; the built-in git host is not among them. */
  readonly forges: ReadonlyMap<string, ForgeConnection>;
  readonly aws: AwsSettings;
};

type Given = GivenSettings["defaults"];

const builtInDefaults: Omit<ProjectSettings, "path"> = {
  forge: "local",
  executor: "docker-in-docker",
  privileged: true,
  capacity: 4,
  maxEnvironments: 10,
  jobTimeoutSeconds: 3600,
  configPath: ".gitlab-ci.yml",
  protectedBranches: [],
  protectedTags: [],
  registry: true,
  maxArtifactsBytes: 1024 * bytesPerMegabyte,
  maxCacheBytes: 5 * 1024 * bytesPerMegabyte,
  maxProjectCachesBytes: 20 * 1024 * bytesPerMegabyte,
  maxLogBytes: 64 * bytesPerMegabyte,
  variables: [],
};

/** Reads `slipway.yaml`. Every problem is reported with its line, not only the first. */
export function parseSettings(
  text: string,
): { readonly settings: Settings } | { readonly problems: readonly SettingsProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => {
        const at = lines.linePos(error.pos[0]);
        return {
          path: "",
          message: error.message.split("\n", 1)[0] ?? "",
          line: at.line,
          column: at.col,
        };
      }),
    };
  }
  const parsed = z.safeParse(settingsSchema, document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => {
        const at = lines.linePos(
          offsetOf(document, issue.path, issue.code === "unrecognized_keys" ? issue.keys : []),
        );
        const message = messageOf(issue);
        return { path: issue.path.join("."), message, line: at.line, column: at.col };
      }),
    };
  }
  const defaults = overlay(builtInDefaults, parsed.data.defaults);
  const projects = Object.entries(parsed.data.projects ?? {}).map(
    ([path, given]) =>
      [plainPath(path), { ...overlay(defaults, given ?? undefined), path }] as const,
  );
  const forges = Object.entries(parsed.data.forges ?? {}).map(
    ([name, given]) => [name, toConnection(name, given)] as const,
  );
  const aws = toAwsSettings(parsed.data.aws);
  const settings = { defaults, projects: new Map(projects), forges: new Map(forges), aws };
  const problems = unknownForges(document, lines, parsed.data);
  return problems.length > 0 ? { problems } : { settings };
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `unknown key ${issue.keys.map((key) => `\`${key}\``).join(", ")}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/** A project whose forge is not there would be silent. */
function unknownForges(
  document: Document,
  lines: LineCounter,
  given: GivenSettings,
): readonly SettingsProblem[] {
  const known = ["local", ...Object.keys(given.forges ?? {})];
  const named = [
    [["defaults", "forge"], given.defaults?.forge] as const,
    ...Object.entries(given.projects ?? {}).map(
      ([path, project]) => [["projects", path, "forge"], project?.forge] as const,
    ),
  ];
  return named.flatMap(([path, forge]) => {
    if (forge === undefined || known.includes(forge)) return [];
    const at = lines.linePos(offsetOf(document, path, []));
    const message = `there is no forge \`${forge}\` under \`forges\`; there is ${known.join(", ")}`;
    return [{ path: path.join("."), message, line: at.line, column: at.col }];
  });
}

/** Settings of one project: its own, or the defaults. */
export function settingsOf(settings: Settings, path: string): ProjectSettings {
  return settings.projects.get(plainPath(path)) ?? { ...settings.defaults, path };
}

function overlay(base: Omit<ProjectSettings, "path">, given: Given): Omit<ProjectSettings, "path"> {
  if (given === undefined) return base;
  return {
    forge: given.forge ?? base.forge,
    executor: given.executor ?? base.executor,
    privileged: given.privileged ?? base.privileged,
    capacity: given.capacity ?? base.capacity,
    maxEnvironments: given.max_environments ?? base.maxEnvironments,
    jobTimeoutSeconds:
      given.job_timeout === undefined
        ? base.jobTimeoutSeconds
        : (parseDuration(String(given.job_timeout)) ?? base.jobTimeoutSeconds),
    configPath: given.config_path ?? base.configPath,
    protectedBranches: given.protected ?? base.protectedBranches,
    protectedTags: given.protected_tags ?? base.protectedTags,
    registry: given.registry ?? base.registry,
    ...((given.forks ?? base.forks) !== undefined && { forks: given.forks ?? base.forks }),
    maxArtifactsBytes: inBytes(given.max_artifacts_size) ?? base.maxArtifactsBytes,
    ...((base.runnerSizes ?? given.runner_tags) && {
      runnerSizes: { ...base.runnerSizes, ...toSizes(given.runner_tags) },
    }),
    ...dockerServerOf(given.docker_server ?? base.dockerServer),
    ...overlayOptional(base, given),
    maxCacheBytes: inBytes(given.max_cache_size) ?? base.maxCacheBytes,
    maxProjectCachesBytes: inBytes(given.max_project_caches_size) ?? base.maxProjectCachesBytes,
    maxLogBytes: inBytes(given.max_log_size) ?? base.maxLogBytes,
    variables: [
      ...base.variables,
      ...Object.entries(given.variables ?? {}).map(([key, value]) => toVariable(key, value)),
    ],
  };
}

function dockerServerOf(
  given: ComputeSize | false | undefined,
): Pick<ProjectSettings, "dockerServer"> {
  return given === undefined || given === false ? {} : { dockerServer: given };
}

function overlayOptional(
  base: Omit<ProjectSettings, "path">,
  given: NonNullable<Given>,
): Pick<
  ProjectSettings,
  "statuses" | "imageGraceSeconds" | "allowedPullPolicies" | "shareCiConfig" | "allowMetadata"
> {
  const statuses = given.statuses ?? base.statuses;
  const grace =
    given.image_grace === undefined || given.image_grace === "never"
      ? given.image_grace
      : parseDuration(String(given.image_grace));
  const imageGraceSeconds = grace ?? base.imageGraceSeconds;
  const shareCiConfig = given.share_ci_config ?? base.shareCiConfig;
  const allowedPullPolicies = given.allowed_pull_policies ?? base.allowedPullPolicies;
  const allowMetadata = given.allow_metadata ?? base.allowMetadata;
  return {
    ...(allowMetadata !== undefined && { allowMetadata }),
    ...(statuses !== undefined && { statuses }),
    ...(shareCiConfig !== undefined && { shareCiConfig }),
    ...(allowedPullPolicies !== undefined && { allowedPullPolicies }),
    ...(imageGraceSeconds !== undefined && { imageGraceSeconds }),
  };
}

function inBytes(size: number | undefined): number | undefined {
  return size === undefined ? undefined : size * bytesPerMegabyte;
}

function toSizes(given: NonNullable<Given>["runner_tags"]): RunnerSizes {
  return Object.fromEntries(
    Object.entries(given ?? {}).map(([tag, size]) => {
      const memoryBytes = parseMemory(size?.memory ?? "");
      return [
        tag,
        {
          ...(size?.compute !== undefined && { compute: size.compute }),
          ...(memoryBytes !== undefined && { memoryBytes }),
        },
      ];
    }),
  );
}

function toVariable(key: string, given: GivenVariable): ProjectVariable {
  const plain = { masked: false, protected: false, file: false, raw: false, environmentScope: "*" };
  if (typeof given !== "object") return { key, value: { plain: String(given) }, ...plain };
  return {
    key,
    value: given.secret === undefined ? { plain: given.value ?? "" } : { secret: given.secret },
    masked: given.masked ?? given.secret !== undefined,
    protected: given.protected ?? false,
    file: given.file ?? false,
    raw: given.expand === false,
    environmentScope: given.environment_scope ?? "*",
  };
}
