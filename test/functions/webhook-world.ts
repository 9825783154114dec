import { bitbucketWebhooks } from "#forge/bitbucket/webhook.ts";
import type { WebhookReader } from "#forge/forge.ts";
import { giteaWebhooks } from "#forge/gitea/webhook.ts";
import { githubWebhooks } from "#forge/github/webhook.ts";
import { gitlabWebhooks } from "#forge/gitlab/webhook.ts";
import { createSigningToken, signWebhook } from "#forge/http/standard-webhooks.ts";
import { createApp } from "#functions/http/app.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Message } from "#queue/queue.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { webhookSecretName } from "#service/keys.ts";
import { hmacHex, hmacSecrets } from "../forge/hmac.ts";
import { fixturesIn, type Sign } from "../forge/webhook-contract.ts";
import { makeWorld, project } from "../service/world.ts";

export type ForgeSubject = {
  readonly name: "gitlab" | "github" | "gitea" | "bitbucket";
  readonly reader: WebhookReader;
  readonly secret: string;
  readonly sign: Sign;
  /** The project that the fixtures are about. */
  readonly project: string;
};

const standardSign: Sign = (body, token, id) => signedAt(body, token, id, Date.now());

export const subjects: readonly ForgeSubject[] = [
  {
    name: "gitlab",
    reader: gitlabWebhooks,
    secret: createSigningToken(),
    sign: standardSign,
    project: "mike/diaspora",
  },
  {
    name: "github",
    reader: githubWebhooks,
    secret: hmacSecrets.current,
    sign: (body, key, id) => ({
      "x-hub-signature-256": `sha256=${hmacHex(body, key)}`,
      "x-github-delivery": id,
    }),
    project: "Octo-Org/hello-world",
  },
  {
    name: "gitea",
    reader: giteaWebhooks,
    secret: hmacSecrets.current,
    sign: (body, key, id) => ({ "x-gitea-signature": hmacHex(body, key), "x-gitea-delivery": id }),
    project: "gitea/webhooks",
  },
  {
    name: "bitbucket",
    reader: bitbucketWebhooks,
    secret: hmacSecrets.current,
    sign: (body, key, id) => ({
      "x-hub-signature": `sha256=${hmacHex(body, key)}`,
      "x-request-uuid": id,
    }),
    project: "atlassian/bitbucket",
  },
];

export type WebhookWorld = {
  readonly deps: ServiceDeps;
  readonly request: (path: string, init: RequestInit) => Promise<Response>;
  /** How many deliveries were ever stored. */
  readonly stored: () => Promise<number>;
  /** Lets the deliveries that were queued make their pipelines. */
  readonly settle: () => Promise<void>;
  /** Loses them, for tests that send very many. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
};

/** A service with one project on each forge, asked through its HTTP door. */
export async function makeWebhookWorld(): Promise<WebhookWorld> {
  const world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n");
  const client = world.deps.forges.get("local")?.client;
  const template = await world.deps.settings({ forge: "local", project });
  if (client === undefined || template === undefined) throw new Error("the world has no project");
  for (const { name, project: path, secret } of subjects) {
    await world.deps.secrets.rotate(webhookSecretName({ forge: name, project: path }), secret);
    await world.deps.store.projects.ensure({ forge: name, project: path }, "2026-11-21T08:00:00Z");
  }
  const queued: Message[] = [];
  let puts = 0;
  const { deliveries } = world.deps.store;
  const deps: ServiceDeps = {
    ...world.deps,
    store: {
      ...world.deps.store,
      deliveries: {
        ...deliveries,
        put: async (delivery) => {
          const stored = await deliveries.put(delivery);
          if (stored.receivedAt === delivery.receivedAt && stored.state === "received") puts += 1;
          return stored;
        },
      },
    },
    queue: {
      ...world.deps.queue,
      send: async (message) => {
        if (message.type === "delivery") queued.push(message);
      },
    },
    forges: new Map(
      subjects.map(({ name, reader }) => [name, { name, webhooks: reader, client }] as const),
    ),
    settings: async (of): Promise<ProjectSettings | undefined> => {
      const subject = subjects.find(({ name }) => name === of.forge);
      return subject?.project.toLowerCase() === of.project.toLowerCase()
        ? { ...template, path: subject.project, forge: subject.name }
        : undefined;
    },
  };
  const app = createApp({ service: deps, mayReadPages: async () => false });
  return {
    deps,
    request: async (path, init) => app.request(path, { method: "POST", ...init }),
    stored: async () => puts,
    settle: async () => {
      for (const message of queued.splice(0)) await handleMessage(deps, message);
    },
    forget: () => void queued.splice(0),
    close: world.close,
  };
}

export const eventHeader = {
  gitlab: "x-gitlab-event",
  github: "x-github-event",
  gitea: "x-gitea-event",
  bitbucket: "x-event-key",
} as const;

export function fixtures({ name }: ForgeSubject) {
  return fixturesIn(new URL(`../forge/${name}/fixtures/`, import.meta.url));
}

export function signedAt(body: Uint8Array, token: string, id: string, now: number) {
  const timestampSeconds = Math.floor(now / 1000);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signWebhook(token, { id, timestampSeconds }, body) ?? "",
  };
}
