import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { directoryBlobs } from "#blobs/directory.ts";
import { engineContainers } from "#environment/engine/container.ts";
import type { EnvironmentProvider } from "#environment/environment.ts";
import { hostEnvironments } from "#environment/host/host.ts";
import type { Forge } from "#forge/forge.ts";
import { createSigningToken, isSigningToken } from "#forge/http/standard-webhooks.ts";
import { localForgeClient } from "#forge/local/client.ts";
import { localWebhooks } from "#forge/local/webhook.ts";
import { readPublicFile } from "#http/public-file.ts";
import { plainPath } from "#pipeline/project-key.ts";
import { settingsOf } from "#project/parse-settings.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { inProcessQueue } from "#queue/in-process.ts";
import { distributionRegistry } from "#registry/distribution.ts";
import { fileSecrets } from "#secrets/file.ts";
import type { Log, ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { webhookSecretName } from "#service/keys.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import type { DataDirectory } from "../data/data-directory.ts";
import { embeddedTable, openEmbeddedDynamodb } from "../data/embedded-dynamodb.ts";
import { inPackage } from "../package-root.ts";
import type { RegistryKeys } from "../registry/keys.ts";
import type { Machine } from "../setup/machine.ts";
import { machinePlaces } from "./environment-places.ts";
import { localEnvironments } from "./environments.ts";
import { followSettings } from "./load-settings.ts";
import { createNotifier } from "./notifier.ts";
import { liveForges } from "./wire-forges.ts";

export type LocalService = {
  readonly deps: ServiceDeps;
  /** The signing token of the git host's own events for a project; made at the first push. */
  readonly signingToken: (project: string) => Promise<string>;
  readonly reopenStore: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A runner's request for a job waits this long for one, so that a ready job starts at once. */
const holdMilliseconds = 10_000;

/** Builds the service of one machine: the place that names its adapters, but for those of forges elsewhere. */
export async function wireLocal(options: {
  readonly data: DataDirectory;
  readonly machine: Machine;
  readonly settingsFile: string;
  /** Path of the bundled runner. */
  readonly runner: string;
  readonly registryKeys: RegistryKeys;
  readonly version: string;
  readonly log: Log;
  readonly changeSettings?: (settings: ProjectSettings) => ProjectSettings;
}): Promise<LocalService> {
  const { data, machine, log, changeSettings = (given) => given } = options;
  const settings = await followSettings(options.settingsFile, (message) =>
    log("error", "the settings are wrong; the last good ones stay in force", { message }),
  );
  const database = await openEmbeddedDynamodb(data.at("dynamodb"));
  await createTable(database.client, embeddedTable);
  const store = dynamodbStore(database.client, embeddedTable);
  const secrets = fileSecrets(data.at("secrets"));
  const notifier = createNotifier();
  const url = `http://${machine.registryHost}:${data.config.port}`;
  const registryHost = `${machine.registryHost}:${data.config.registryPort}`;
  const server = { url, version: options.version, registry: registryHost };
  const repositories = data.at("repositories");

  const local: Forge = {
    name: "local",
    webhooks: localWebhooks,
    client: (project) =>
      localForgeClient(
        {
          root: repositories,
          publicUrl: url,
          // curl, and so git, takes every name below `localhost` for the machine it runs on.
          cloneUrl: `http://${machine.gatewayAddress}:${data.config.port}`,
          projectId: async (path) =>
            (await store.projects.get({ forge: "local", project: path }))?.id,
          saveStatus: (path, { forgePipelineId: _, coverage: __, run: ___, ...status }) =>
            store.commitStatuses.put({
              project: path,
              ...status,
              updatedAt: new Date().toISOString(),
            }),
        },
        project,
      ),
  };
  const { forges, follow } = liveForges(local, secrets);
  follow(await settings());
  const environments = machineEnvironments({
    data,
    machine,
    runner: options.runner,
    wake: () => {
      queue
        .send({ type: "places" })
        .catch((error: unknown) =>
          log("warn", "a free place is left to the next sweep", { cause: String(error) }),
        );
    },
  });
  const queue = inProcessQueue({
    concurrency: 8,
    handle: (message) => handleMessage(deps, message),
    failed: (message, error) =>
      log("error", "a message was given up until the next sweep", {
        type: message.type,
        cause: String(error),
      }),
  });
  const deps: ServiceDeps = {
    store,
    blobs: directoryBlobs(data.at("blobs")),
    queue,
    secrets,
    registry: distributionRegistry({ host: registryHost, keys: options.registryKeys }),
    environments,
    forges,
    server,
    settings: async ({ forge, project }) => {
      const all = await settings();
      follow(all);
      const named = all.projects.has(plainPath(project));
      // A push to the built-in git host makes a project; with another forge somebody has to connect it.
      const known =
        named ||
        (forge === "local" && (await store.projects.get({ forge, project })) !== undefined);
      const its = settingsOf(all, project);
      return known && its.forge === forge ? changeSettings(its) : undefined;
    },
    connected: async () =>
      [...(await settings()).projects.values()]
        .filter(({ forge }) => forge !== "local")
        .map(({ forge, path }) => ({ forge, project: path })),
    readRemoteFile: (url) => readPublicFile(url),
    builtInPipeline: await readFile(builtInPipelineFile, "utf8"),
    now: Date.now,
    randomToken: () => randomBytes(32).toString("base64url"),
    hash: (token) => createHash("sha256").update(token).digest("hex"),
    announce: notifier.announce,
    waitForChange: notifier.waitForChange,
    holdMilliseconds,
    defer: async (work) => {
      work().catch((error) =>
        log("warn", "effects were left to the next look", { cause: String(error) }),
      );
    },
    log,
  };
  return {
    deps,
    signingToken: async (project) => {
      const name = webhookSecretName({ forge: "local", project });
      // A plain token may stand beside it, for other senders.
      const known = (await secrets.get(name)).find(isSigningToken);
      if (known !== undefined) return known;
      const made = createSigningToken();
      await secrets.rotate(name, made);
      return made;
    },
    reopenStore: database.reopen,
    close: async () => {
      await queue.close();
      await database.close();
    },
  };
}

/** Where the jobs of an installation run; also finds those that a service which is gone has left. */
export function machineEnvironments(options: {
  readonly data: DataDirectory;
  readonly machine: Machine;
  readonly runner: string;
  /** There may be room now for this environment, which had to wait. */
  readonly wake?: (id: string) => void;
}): EnvironmentProvider {
  const { data, machine, runner, wake } = options;
  const registryHost = `${machine.registryHost}:${data.config.registryPort}`;
  const extraHosts = [`${machine.registryHost}:${machine.gatewayAddress}`];
  return localEnvironments({
    installation: data.config.installation,
    places: machinePlaces(),
    ...(wake && { wake }),
    host: hostEnvironments({
      directory: data.at("environments"),
      buildspecs: buildspecDirectory,
      runner: runner,
      dockerHost: `unix://${machine.dockerSocket}`,
      dockerClient: machine.dockerClient,
      extraHosts,
      helperImage: machine.engineImage,
    }),
    engineContainer: engineContainers({
      dockerHost: `unix://${machine.dockerSocket}`,
      image: machine.engineImage,
      buildspecs: buildspecDirectory,
      runner: runner,
      ...(machine.runtime === undefined ? {} : { runtime: machine.runtime }),
      extraHosts,
      registryMirrors: machine.mirror === undefined ? [] : [machine.mirror.inContainers],
      insecureRegistries: [
        `http://${registryHost}`,
        ...(machine.mirror === undefined ? [] : [machine.mirror.inContainers]),
      ],
    }),
  });
}

const buildspecDirectory = inPackage("buildspecs");
const builtInPipelineFile = inPackage("src/project/Dockerfile.gitlab-ci.yml");
