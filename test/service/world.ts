import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryBlobs } from "#blobs/directory.ts";
import type {
  EnvironmentObservation,
  EnvironmentProvider,
  EnvironmentSpec,
} from "#environment/environment.ts";
import { type CommitStatus, type ForgeClient, ForgeError } from "#forge/forge.ts";
import { createSigningToken, signWebhook } from "#forge/http/standard-webhooks.ts";
import { localWebhooks } from "#forge/local/webhook.ts";
import { openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { createNotifier } from "#local/wire/notifier.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { inProcessQueue } from "#queue/in-process.ts";
import { fileSecrets } from "#secrets/file.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { webhookSecretName } from "#service/keys.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";

export const project = "group/app";
export const sha = "a".repeat(40);

/** What the outside world is and did: tests change the first and look at the second. */
export type World = {
  readonly deps: ServiceDeps;
  readonly files: Map<string, string>;
  /** Full names of the live refs. */
  readonly refs: string[];
  /** Of every branch. */
  readonly openMergeRequests: number[];
  readonly statuses: CommitStatus[];
  readonly started: EnvironmentSpec[];
  readonly stopped: string[];
  readonly observations: Map<string, EnvironmentObservation>;
  /** Makes the forge or the environments fail. */
  readonly faults: { forgeIsAway: boolean; startFails: boolean };
  readonly webhook: (options?: {
    ref?: string;
    sha?: string;
    before?: string;
    id?: string;
    path?: string;
    token?: string;
    pushOptions?: unknown;
  }) => { headers: Headers; body: Uint8Array };
  /** Until the queue has nothing left. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const settings: ProjectSettings = {
  path: project,
  forge: "local",
  executor: "shell",
  privileged: true,
  capacity: 1,
  maxEnvironments: 10,
  jobTimeoutSeconds: 3600,
  configPath: ".gitlab-ci.yml",
  protectedBranches: [],
  protectedTags: [],
  registry: true,
  maxArtifactsBytes: 10_000_000,
  maxCacheBytes: 10_000_000,
  maxProjectCachesBytes: 40_000_000,
  maxLogBytes: 64 * 1024 * 1024,
  variables: [],
};

export async function makeWorld(
  parts: Partial<Pick<ServiceDeps, "blobs" | "now">> = {},
): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "slipway-world-"));
  const database = await openEmbeddedDynamodb(join(directory, "dynamodb"));
  await createTable(database.client, "slipway");
  const store = dynamodbStore(database.client, "slipway");
  const secrets = fileSecrets(join(directory, "secrets"));
  const token = createSigningToken();
  await secrets.rotate(webhookSecretName({ forge: "local", project }), token);
  const notifier = createNotifier();
  const files = new Map<string, string>();
  const statuses: CommitStatus[] = [];
  const refs: string[] = [];
  const openMergeRequests: number[] = [];
  const started: EnvironmentSpec[] = [];
  const stopped: string[] = [];
  const observations = new Map<string, EnvironmentObservation>();
  const faults = { forgeIsAway: false, startFails: false };

  const client: ForgeClient = {
    readFile: async (_sha, path) => files.get(path),
    listPaths: async () => [...files.keys()],
    changedPaths: async () => [...files.keys()],
    readCommit: async (commit) =>
      commit === "f".repeat(40)
        ? undefined
        : {
            sha: commit,
            message: "A change",
            authorName: "Ada",
            authorEmail: "ada@example.com",
            timestamp: "2026-11-21T08:00:00Z",
          },
    readTagMessage: async () => undefined,
    readProject: async () => ({
      id: 1,
      path: project,
      title: "app",
      description: "",
      visibility: "private",
      defaultBranch: "main",
      url: `http://slipway.test/${project}`,
      configPath: ".gitlab-ci.yml",
    }),
    readMergeBase: async () => ({ targetSha: "c".repeat(40), diffBaseSha: "b".repeat(40) }),
    listOpenMergeRequests: async () => openMergeRequests,
    mergeRequestRef: (iid) => `refs/merge-requests/${iid}/head`,
    listRefs: async () => refs.map((ref) => ({ ref, sha })),
    postStatus: async (status) => {
      if (faults.forgeIsAway) throw new ForgeError("The forge is away.", { retryable: true });
      statuses.push(status);
      return {};
    },
    cloneAccess: async (password) => ({
      url: `http://slipway.test/${project}.git`,
      username: "gitlab-ci-token",
      password,
    }),
  };
  const environments: EnvironmentProvider = {
    start: async (spec) => {
      if (faults.startFails) throw new Error("no room");
      if (!started.some(({ id }) => id === spec.id)) started.push(spec);
      return { handle: `handle-${spec.id}` };
    },
    observe: async (refs) =>
      new Map(refs.map(({ id }) => [id, observations.get(id) ?? { state: "running", handle: id }])),
    stop: async ({ id }) => {
      stopped.push(id);
    },
    list: async () =>
      started.filter(({ id }) => observations.get(id)?.state !== "ended").map(({ id }) => ({ id })),
  };
  const queue = inProcessQueue({
    concurrency: 4,
    handle: (message) => handleMessage(deps, message),
    failed: (_message, error) => {
      throw error;
    },
  });
  const deferred = new Set<Promise<unknown>>();
  const deps: ServiceDeps = {
    store,
    blobs: directoryBlobs(join(directory, "blobs")),
    queue,
    secrets,
    registry: {
      host: "registry.test",
      jobCredentials: async ({ jobToken }) => ({ username: "gitlab-ci-token", password: jobToken }),
      ensureRepository: async () => undefined,
      listTags: async () => [],
      retag: async () => "absent",
      deleteTag: async () => "absent",
    },
    environments,
    forges: new Map([["local", { name: "local", webhooks: localWebhooks, client: () => client }]]),
    server: { url: "http://slipway.test", version: "0.1.0", registry: "registry.test" },
    settings: async (of) => (of.forge === "local" && of.project === project ? settings : undefined),
    builtInPipeline: "build:\n  script: [docker build .]\n",
    now: Date.now,
    randomToken: () => randomBytes(32).toString("base64url"),
    hash: (secret) => createHash("sha256").update(secret).digest("hex"),
    announce: notifier.announce,
    waitForChange: notifier.waitForChange,
    holdMilliseconds: 0,
    defer: async (work) => {
      const running = work().finally(() => deferred.delete(running));
      deferred.add(running);
    },
    log: () => undefined,
    ...parts,
  };
  await store.projects.ensure({ forge: "local", project }, new Date().toISOString());
  return {
    deps,
    files,
    refs,
    openMergeRequests,
    statuses,
    started,
    stopped,
    observations,
    faults,
    webhook: (options = {}) => signed(options.token ?? token, options),
    settle: async () => {
      do {
        await Promise.all(deferred);
        await queue.drain();
      } while (deferred.size > 0);
    },
    close: async () => {
      await queue.close();
      await Promise.allSettled(deferred);
      await database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function signed(
  token: string,
  options: {
    ref?: string;
    sha?: string;
    before?: string;
    id?: string;
    path?: string;
    pushOptions?: unknown;
  },
): { headers: Headers; body: Uint8Array } {
  const commit = options.sha ?? sha;
  const payload = {
    object_kind: "push",
    event_name: "push",
    before: options.before ?? "0".repeat(40),
    after: commit,
    ref: options.ref ?? "refs/heads/main",
    checkout_sha: commit,
    user_id: 7,
    user_name: "Ada",
    user_username: "ada",
    user_email: "ada@example.com",
    project_id: 1,
    project: {
      id: 1,
      name: "app",
      web_url: `http://slipway.test/${project}`,
      git_http_url: `http://slipway.test/${project}.git`,
      path_with_namespace: options.path ?? project,
      default_branch: "main",
      visibility_level: 0,
    },
    commits: [],
    total_commits_count: 0,
    ...(options.pushOptions === undefined ? {} : { push_options: options.pushOptions }),
  };
  const body = new TextEncoder().encode(JSON.stringify(payload));
  const id = options.id ?? "delivery-1";
  const timestampSeconds = Math.floor(Date.now() / 1000);
  return {
    headers: new Headers({
      "content-type": "application/json",
      "x-gitlab-event": "Push Hook",
      "webhook-id": id,
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": signWebhook(token, { id, timestampSeconds }, body) ?? "",
    }),
    body,
  };
}
