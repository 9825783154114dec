import { Duration } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import type { Names } from "../names.ts";

/** Longest that a message which `work` was killed over holds its pipeline up. */
const visibilitySeconds = 90;
/** Failures in a row before a message is set aside; the sweep looks at its pipeline all the same. */
const mostReceives = 8;

/** Else all groups together get 300 calls a second, and a sweep over thousands of pipelines would wait for them. */
const highThroughput = {
  fifo: true,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
} as const;

export type WorkQueues = {
  /** FIFO, a group for each pipeline and project. */
  readonly work: Queue;
  /** Standard, since FIFO queues know no delay for one message. */
  readonly later: Queue;
  /** What nobody could handle, by the hop that it was lost at. */
  readonly dead: {
    readonly work: Queue;
    readonly later: Queue;
    readonly builds: Queue;
    readonly sweep: Queue;
  };
};

/** Every hop's queue and dead-letter queue: encrypted, over TLS only, kept for 14 days. */
export function workQueues(scope: Construct, names: Names, key: IKey | undefined): WorkQueues {
  const queue = (suffix: string, props: QueueProps = {}) =>
    new Queue(scope, `${suffix.replace(".fifo", "")}-queue`, {
      queueName: names.queue(suffix).name,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(suffix.endsWith(".fifo") && highThroughput),
      ...props,
    });
  // AWS's own services write to the dead-letter queues of `builds` and `sweep`: a key would have to know them.
  const managed = { encryption: QueueEncryption.SQS_MANAGED };
  const own =
    key === undefined
      ? managed
      : {
          encryption: QueueEncryption.KMS,
          encryptionMasterKey: key,
          dataKeyReuse: Duration.hours(1),
        };
  const dead = {
    work: queue("work-dead.fifo", own),
    later: queue("later-dead", own),
    builds: queue("builds-dead", managed),
    sweep: queue("sweep-dead", managed),
  };
  for (const each of Object.values(dead)) {
    acknowledge(each, {
      "Serverless-SQSRedrivePolicy": "It is itself where messages end; an alarm watches it.",
    });
  }
  const live = { ...own, visibilityTimeout: Duration.seconds(visibilitySeconds) };
  return {
    work: queue("work.fifo", {
      ...live,
      deadLetterQueue: { queue: dead.work, maxReceiveCount: mostReceives },
    }),
    later: queue("later", {
      ...live,
      deadLetterQueue: { queue: dead.later, maxReceiveCount: mostReceives },
    }),
    dead,
  };
}
