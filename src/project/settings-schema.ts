import * as z from "zod/mini";
import { parseDuration } from "#language/keyword/duration.ts";
import { computeSizes, executors } from "#pipeline/pipeline.ts";
import { awsSchema } from "./aws-settings.ts";
import { isPlainAddress } from "./plain-address.ts";
import { parseMemory } from "./runner-size.ts";
import { pullPolicies } from "./settings.ts";

// What `slipway.yaml` may hold, as it is written.

const duration = z
  .union([z.string(), z.number()])
  .check(
    z.refine(
      (value) => (parseDuration(String(value)) ?? 0) > 0,
      "must be a duration such as `1h 30m`",
    ),
  );

export const variable = z.union([
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
export const bytesPerMegabyte = 1024 * 1024;

const runnerSize = z.strictObject({
  compute: z.optional(z.enum(computeSizes)),
  memory: z.optional(
    z
      .string()
      .check(
        z.refine(
          (value) => parseMemory(value) !== undefined,
          "must be a size such as `512m` or `8g`",
        ),
      ),
  ),
});

const common = {
  forge: z.optional(z.string()),
  executor: z.optional(z.enum(executors)),
  privileged: z.optional(z.boolean()),
  capacity: z.optional(z.int().check(z.gte(1), z.lte(64))),
  max_environments: z.optional(z.int().check(z.gte(1), z.lte(1000))),
  job_timeout: z.optional(duration),
  config_path: z.optional(z.string().check(z.minLength(1))),
  protected: z.optional(z.array(z.string())),
  protected_tags: z.optional(z.array(z.string())),
  registry: z.optional(z.boolean()),
  share_ci_config: z.optional(z.array(z.string().check(z.minLength(1)))),
  allowed_pull_policies: z.optional(z.array(z.enum(pullPolicies)).check(z.minLength(1))),
  allow_metadata: z.optional(z.boolean()),
  forks: z.optional(z.enum(["off", "approve"])),
  max_artifacts_size: z.optional(megabytes),
  max_cache_size: z.optional(megabytes),
  max_project_caches_size: z.optional(megabytes),
  max_log_size: z.optional(megabytes),
  docker_server: z.optional(z.union([z.literal(false), z.enum(computeSizes)])),
  statuses: z.optional(z.enum(["pipeline", "jobs"])),
  image_grace: z.optional(z.union([z.literal("never"), duration])),
  runner_tags: z.optional(z.record(z.string(), z.nullable(runnerSize))),
  variables: z.optional(z.record(z.string().check(z.regex(/^[A-Za-z_]\w*$/)), variable)),
};

const secret = z.strictObject(
  { secret: z.string().check(z.minLength(1)) },
  "names a secret, as `{secret: my-token}`: its value is set with `slipway secret my-token`",
);

const address = z
  .string()
  .check(
    z.refine(isPlainAddress, "must be an http(s) address without user name, query or fragment"),
  );

const connection = z
  .strictObject({
    kind: z.enum(["gitlab", "github", "gitea", "bitbucket"]),
    url: z.optional(address),
    api_url: z.optional(address),
    /** The user that belongs to the token, where the forge asks for one. */
    user: z.optional(z.string().check(z.regex(/^[^:\s]+$/))),
    token: z.optional(secret),
    clone_token: z.optional(secret),
    clone_user: z.optional(z.string().check(z.regex(/^[^:\s]+$/))),
    app: z.optional(
      z.strictObject({
        id: z.union([z.string().check(z.minLength(1)), z.int()]),
        installation: z.int().check(z.gte(1)),
        key: secret,
      }),
    ),
  })
  .check(
    z.refine(
      (given) => (given.token === undefined) !== (given.app === undefined),
      "needs a `token`, or on GitHub an `app`",
    ),
    z.refine(
      (given) => given.token === undefined || given.clone_token !== undefined,
      "needs a `clone_token` that may only read repositories, since jobs can see it",
    ),
    z.refine(
      (given) => given.app === undefined || given.kind === "github",
      "only GitHub has an `app`",
    ),
    z.refine(
      (given) => given.kind !== "gitea" || given.url !== undefined,
      "needs the `url` of the Gitea or Forgejo server",
    ),
  );

/** The name stands in webhook addresses. */
const connectionName = z.string().check(
  z.regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and dashes"),
  z.refine((name) => name !== "local", "`local` is the built-in git host"),
);

export const settingsSchema = z.strictObject({
  aws: z.optional(awsSchema),
  forges: z.optional(z.record(connectionName, connection)),
  defaults: z.optional(z.strictObject(common)),
  projects: z.optional(z.record(z.string(), z.nullable(z.strictObject(common)))),
});

export type GivenSettings = z.infer<typeof settingsSchema>;
export type GivenConnection = z.infer<typeof connection>;
export type GivenVariable = z.infer<typeof variable>;
