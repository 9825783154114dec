import { openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import { examplePipeline } from "../../store/example-pipeline.ts";

/** Writes pipelines without end and says on standard output which ones were acknowledged. */
const { client } = await openEmbeddedDynamodb(process.argv[2] ?? "");
await createTable(client, "state");
const { pipelines } = dynamodbStore(client, "state");
for (;;) {
  const id = await pipelines.nextId();
  await pipelines.create(examplePipeline({ id }));
  process.stdout.write(`${id}\n`);
}
