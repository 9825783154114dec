import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { ECRClient } from "@aws-sdk/client-ecr";
import { S3Client } from "@aws-sdk/client-s3";
import { s3Blobs } from "#blobs/s3.ts";
import { codebuildEnvironments } from "#environment/codebuild/codebuild.ts";
import { stsCaller } from "#environment/codebuild/sts-caller.ts";
import type { EnvironmentProvider, EnvironmentSpec } from "#environment/environment.ts";
import { connectForge } from "#forge/connections.ts";
import { readPublicFile } from "#http/public-file.ts";
import { plainPath } from "#pipeline/project-key.ts";
import { buildRoleArn, codebuildProjectName } from "#project/build-role.ts";
import type { Settings } from "#project/parse-settings.ts";
import { ecrRegistry } from "#registry/ecr.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { readBundledFile } from "./bundled-file.ts";
import type { ServiceEnv } from "./service-env.ts";
import { clientSettings, type WebhookWiring, wireWebhooks } from "./wire-webhooks.ts";

/**
 * The whole service on AWS's adapters, around what receiving webhooks has already made. `defer` says how long an
 * answer may wait for its effects, as long as they take unless given.
 */
export function wireAws(
  env: ServiceEnv,
  options: { readonly base?: WebhookWiring; readonly defer?: ServiceDeps["defer"] } = {},
): ServiceDeps {
  const { configuration, dynamodb, queue, secrets, settings, now, log } =
    options.base ?? wireWebhooks(env);
  const { defer = finish } = options;
  const region = requireRegion();
  const serviceRole = ({ project, access }: Pick<EnvironmentSpec, "project" | "access">) =>
    buildRoleArn(env.SLIPWAY_BUILD_ROLES, region, project, access);
  return {
    store: dynamodbStore(dynamodb, env.SLIPWAY_TABLE),
    queue,
    secrets,
    settings,
    blobs: s3Blobs({
      client: new S3Client({
        ...clientSettings,
        // Another endpoint than AWS's own seldom has a name for each bucket.
        forcePathStyle: endpointOf("S3") !== undefined,
        requestHandler: { ...clientSettings.requestHandler, requestTimeout: 30_000 },
      }),
      bucket: env.SLIPWAY_BUCKET,
    }),
    registry: ecrRegistry({
      client: new ECRClient(clientSettings),
      host: env.SLIPWAY_REGISTRY,
      region,
    }),
    environments: environments(env, configuration, serviceRole),
    ...(configuration.aws.checkCaller && {
      verifyCaller: stsCaller({ region, serviceRole, ...endpointFor("STS") }),
    }),
    forges: new Map(
      [...configuration.forges].map(([name, connection]) => [
        name,
        connectForge(connection, async (secret, how) => (await secrets.get(secret, how))[0]),
      ]),
    ),
    connected: async () =>
      [...configuration.projects.values()].map(({ forge, path }) => ({ forge, project: path })),
    server: {
      url: env.SLIPWAY_URL,
      version: env.SLIPWAY_VERSION,
      registry: env.SLIPWAY_REGISTRY,
    },
    builtInPipeline: readBundledFile("Dockerfile.gitlab-ci.yml"),
    readRemoteFile: (url) => readPublicFile(url),
    accessTokens: (how) => secrets.get("access-token", how),
    now,
    randomToken: () => randomBytes(32).toString("base64url"),
    hash: (token) => createHash("sha256").update(token).digest("hex"),
    // Changes happen in other functions, which nobody here hears of: runners and pages ask again.
    announce: () => undefined,
    waitForChange: (_, milliseconds) => setTimeout(milliseconds),
    holdMilliseconds: 0,
    defer,
    log,
  };
}

async function finish(work: () => Promise<unknown>): Promise<void> {
  await work();
}

function environments(
  env: ServiceEnv,
  { projects }: Settings,
  serviceRole: (spec: Pick<EnvironmentSpec, "project" | "access">) => string,
): EnvironmentProvider {
  const shared = env.SLIPWAY_CODEBUILD_PROJECT;
  const nameFor = (path: string): string =>
    codebuildProjectName(shared, projects.get(plainPath(path)) ?? { path });
  return codebuildEnvironments({
    client: new CodeBuildClient(clientSettings),
    placeFor: (spec) => ({
      codebuildProject: nameFor(spec.project),
      serviceRole: serviceRole(spec),
    }),
    codebuildProjects: [...new Set([shared, ...[...projects.keys()].map(nameFor)])],
    now: Date.now,
  });
}

function endpointFor(service: "STS"): { readonly endpoint?: string } {
  const endpoint = endpointOf(service);
  return endpoint === undefined ? {} : { endpoint };
}

/** The SDK's own variables for endpoints, which some of our code needs to know of. */
function endpointOf(service: "S3" | "STS"): string | undefined {
  return process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env.AWS_ENDPOINT_URL;
}

function requireRegion(): string {
  const region = process.env.AWS_REGION;
  if (region === undefined) throw new Error("AWS_REGION is not set: Lambda sets it.");
  return region;
}
