import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import dynalite from "dynalite";
import { repairEmbeddedDynamodb } from "./embedded-dynamodb-repair.ts";

export type EmbeddedDynamodb = {
  readonly client: DynamoDBDocumentClient;
  /**
   * Opens the data anew behind the same client: after a write failed (a full disk) the store takes no
   * further ones until then. Writes that were not acknowledged are tried again by the client.
   */
  readonly reopen: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** What dynalite throws, outside of any request, when its files cannot be written. */
export function isStorageFailure(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "LEVEL_IO_ERROR";
}

const requestMilliseconds = 3_000;

/**
 * DynamoDB's API inside this process, on a loopback port, with its data on disk below `directory`. Every
 * acknowledged write survives `kill -9`. Only one process may have a directory open: the second one gets
 * `EmbeddedDynamodbInUse`.
 */
export async function openEmbeddedDynamodb(directory: string): Promise<EmbeddedDynamodb> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let server = await openServer(directory, 0);
  const port = portOf(server);
  // The SDK's advice to update Node is for those who call AWS.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const base = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    // The embedded store checks the form of a signature only; nothing here is a secret.
    credentials: { accessKeyId: "embedded", secretAccessKey: "embedded" },
    maxAttempts: 5,
    requestHandler: { requestTimeout: requestMilliseconds, throwOnRequestTimeout: true },
  });
  const client = DynamoDBDocumentClient.from(base, {
    marshallOptions: { removeUndefinedValues: true },
  });
  return {
    client,
    reopen: async () => {
      await closeServer(server);
      server = await openServer(directory, port);
    },
    close: async () => {
      base.destroy();
      await closeServer(server);
    },
  };
}

async function openServer(directory: string, port: number): Promise<Server> {
  await repairEmbeddedDynamodb(directory, Date.now());
  const server = dynalite({
    path: directory,
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  // An idle connection that the server drops races with the client's next request on it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined || error === null ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
