import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { z } from "zod/mini";
import { parseDuration } from "#language/keyword/duration.ts";
import type { ProjectSettings, ProjectVariable } from "./settings.ts";

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
};

const duration = z
  .union([z.string(), z.number()])
  .check(
    z.refine(
      (value) => (parseDuration(String(value)) ?? 0) > 0,
      "must be a duration such as `1h 30m`",
    ),
  );
const variable = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z
    .strictObject({
      value: z.optional(z.string()),
      secret: z.optional(z.string()),
      masked: z.optional(z.boolean()),
      protected: z.optional(z.boolean()),
      file: z.optional(z.boolean()),
      expand: z.optional(z.boolean()),
      environment_scope: z.optional(z.string()),
    })
    .check(
      z.refine(
        (given) => (given.value === undefined) !== (given.secret === undefined),
        "needs either `value`, or `secret` with the secret's name",
      ),
      z.refine(
        (given) => given.masked !== true || given.secret !== undefined,
        "a masked variable is a secret: name it with `secret` instead of writing its value here",
      ),
    ),
]);
/** In MB, as GitLab's settings of these names. */
const megabytes = z.int().check(z.gte(1), z.lte(1_000_000));
const bytesPerMegabyte = 1024 * 1024;
const common = {
  forge: z.optional(z.string()),
  executor: z.optional(z.enum(["docker-in-docker", "docker-socket", "shell"])),
  privileged: z.optional(z.boolean()),
  capacity: z.optional(z.int().check(z.gte(1), z.lte(64))),
  max_environments: z.optional(z.int().check(z.gte(1), z.lte(1000))),
  job_timeout: z.optional(duration),
  config_path: z.optional(z.string().check(z.minLength(1))),
  protected: z.optional(z.array(z.string())),
  registry: z.optional(z.boolean()),
  max_artifacts_size: z.optional(megabytes),
  max_cache_size: z.optional(megabytes),
  variables: z.optional(z.record(z.string().check(z.regex(/^[A-Za-z_]\w*$/)), variable)),
};
const schema = z.strictObject({
  defaults: z.optional(z.strictObject(common)),
  projects: z.optional(z.record(z.string(), z.nullable(z.strictObject(common)))),
});
type Given = z.infer<typeof schema>["defaults"];

const builtInDefaults: Omit<ProjectSettings, "path"> = {
  forge: "local",
  executor: "docker-in-docker",
  privileged: true,
  capacity: 4,
  maxEnvironments: 10,
  jobTimeoutSeconds: 3600,
  configPath: ".gitlab-ci.yml",
  protectedRefs: [],
  registry: true,
  maxArtifactsBytes: 1024 * bytesPerMegabyte,
  maxCacheBytes: 5 * 1024 * bytesPerMegabyte,
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
  const parsed = z.safeParse(schema, document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => {
        const at = lines.linePos(
          offsetOf(document, issue.path, issue.code === "unrecognized_keys" ? issue.keys : []),
        );
        const message =
          issue.code === "unrecognized_keys"
            ? `unknown key ${issue.keys.map((key) => `\`${key}\``).join(", ")}`
            : issue.message;
        return { path: issue.path.join("."), message, line: at.line, column: at.col };
      }),
    };
  }
  const defaults = overlay(builtInDefaults, parsed.data.defaults);
  const projects = Object.entries(parsed.data.projects ?? {}).map(
    ([path, given]) =>
      [path.toLowerCase(), { ...overlay(defaults, given ?? undefined), path }] as const,
  );
  return { settings: { defaults, projects: new Map(projects) } };
}

/** Settings of one project: its own, or the defaults. */
export function settingsOf(settings: Settings, path: string): ProjectSettings {
  return settings.projects.get(path.toLowerCase()) ?? { ...settings.defaults, path };
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
    protectedRefs: given.protected ?? base.protectedRefs,
    registry: given.registry ?? base.registry,
    maxArtifactsBytes: inBytes(given.max_artifacts_size) ?? base.maxArtifactsBytes,
    maxCacheBytes: inBytes(given.max_cache_size) ?? base.maxCacheBytes,
    variables: [
      ...base.variables,
      ...Object.entries(given.variables ?? {}).map(([key, value]) => toVariable(key, value)),
    ],
  };
}

function inBytes(size: number | undefined): number | undefined {
  return size === undefined ? undefined : size * bytesPerMegabyte;
}

function toVariable(key: string, given: z.infer<typeof variable>): ProjectVariable {
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

/** Offset of the key that a problem is about, or of what holds it. */
function offsetOf(
  document: Document,
  path: readonly PropertyKey[],
  keys: readonly string[],
): number {
  const wanted = [...path.map(String), ...keys.slice(0, 1)];
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of wanted) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
    if (pair === undefined) break;
    if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
    node = pair.value;
  }
  return offset;
}
