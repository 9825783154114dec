import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { bitbucketWebhooks } from "#forge/bitbucket/webhook.ts";
import type { WebhookReader } from "#forge/forge.ts";
import { giteaWebhooks } from "#forge/gitea/webhook.ts";
import { githubWebhooks } from "#forge/github/webhook.ts";
import { gitlabWebhooks } from "#forge/gitlab/webhook.ts";
import { plainPath } from "#pipeline/project-key.ts";
import type { ForgeConnection } from "#project/connection.ts";
import type { Settings } from "#project/parse-settings.ts";
import { settingsFromJson } from "#project/settings-json.ts";
import type { Queue } from "#queue/queue.ts";
import { secretsManagerSecrets } from "#secrets/secrets-manager.ts";
import type { WebhookDeps } from "#service/delivery/receive-webhook.ts";
import { dynamodbDeliveries } from "#store/dynamodb/deliveries.ts";
import { readBundledFile } from "./bundled-file.ts";
import { loadOnce } from "./load-once.ts";
import { jsonLog } from "./log.ts";
import type { ServiceEnv } from "./service-env.ts";

/** What receiving webhooks takes, which is all that every start of `http` loads. */
export type WebhookWiring = WebhookDeps & {
  readonly configuration: Settings;
  readonly dynamodb: DynamoDBDocumentClient;
};

const readers: Readonly<Record<ForgeConnection["kind"], WebhookReader>> = {
  gitlab: gitlabWebhooks,
  github: githubWebhooks,
  gitea: giteaWebhooks,
  bitbucket: bitbucketWebhooks,
};

/** AWS clients by the SDK's own variables; the settings as they were when the function was deployed. */
export function wireWebhooks(env: ServiceEnv): WebhookWiring {
  const configuration = settingsFromJson(readBundledFile("settings.json"));
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return {
    configuration,
    dynamodb,
    store: {
      deliveries: dynamodbDeliveries({ client: dynamodb, name: env.SLIPWAY_TABLE, now: Date.now }),
    },
    queue: lateQueue(env),
    secrets: secretsManagerSecrets({
      client: new SecretsManagerClient(clientSettings),
      prefix: env.SLIPWAY_SECRETS_PREFIX,
    }),
    forges: new Map(
      [...configuration.forges].map(([name, { kind }]) => [
        name,
        { name: kind, webhooks: readers[kind] },
      ]),
    ),
    settings: async ({ forge, project }) => {
      const its = configuration.projects.get(plainPath(project));
      return its?.forge === forge ? its : undefined;
    },
    now: Date.now,
    log: jsonLog(env.SLIPWAY_LOG_LEVEL),
  };
}

/** Loads SQS's client with the first message: what is refused or ignored sends none. */
function lateQueue(env: ServiceEnv): Queue {
  const load = loadOnce(async () => {
    const [{ SQSClient }, { sqsQueue }] = await Promise.all([
      import("@aws-sdk/client-sqs"),
      import("#queue/sqs.ts"),
    ]);
    return sqsQueue({
      client: new SQSClient(clientSettings),
      workQueueUrl: env.SLIPWAY_WORK_QUEUE_URL,
      laterQueueUrl: env.SLIPWAY_LATER_QUEUE_URL,
    });
  });
  return { send: async (message, options) => (await load()).send(message, options) };
}

/** A throttled call is tried for a few seconds; one that hangs must not take the whole invocation. */
export const clientSettings = {
  maxAttempts: 5,
  requestHandler: {
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
  },
} as const;
