import { chmod, mkdir } from "node:fs/promises";
import { Agent, type Server } from "node:http";
import { connect } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import dynalite from "dynalite";
import { EmbeddedDynamodbInUse, repairEmbeddedDynamodb } from "./embedded-dynamodb-repair.ts";
import { listenOnSocket, type SocketPlace, socketPlace } from "./private-socket.ts";
import { passWholeRequests } from "./whole-requests.ts";

export type EmbeddedDynamodb = {
  readonly client: DynamoDBDocumentClient;
  /** Where this process reaches the API; nobody else needs to. */
  readonly socketPath: string;
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

/** Of the one table. */
export const embeddedTable = "slipway";

const requestMilliseconds = 3_000;
/** Of one request, as DynamoDB has it (its quotas, "Request size"). */
const mostRequestBytes = 16 * 1024 * 1024;
const mostConnections = 50;
/** So many stay open for the next requests. */
const mostIdleConnections = 8;

/**
 * DynamoDB's API inside this process, with its data on disk below `directory`. It is reached by a socket in that
 * directory, which only its owner may enter, and by no port: the store asks nobody for a password. Every
 * acknowledged write survives `kill -9`. Only one process may have a directory open: the second one gets
 * `EmbeddedDynamodbInUse`.
 */
export async function openEmbeddedDynamodb(directory: string): Promise<EmbeddedDynamodb> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const socket = await socketPlace(directory, "dynamodb.sock");
  let server = await openServer(directory, socket).catch(async (error) => {
    await socket.close();
    throw error;
  });
  const { client, destroy } = clientAt(socket.path);
  return {
    client,
    socketPath: socket.path,
    reopen: async () => {
      await closeServer(server);
      server = await openServer(directory, socket);
    },
    close: async () => {
      destroy();
      await closeServer(server);
      await socket.close();
    },
  };
}

/** As `openEmbeddedDynamodb`, also where a service works on the directory: then through that one's socket. */
export async function shareEmbeddedDynamodb(
  directory: string,
): Promise<Pick<EmbeddedDynamodb, "client" | "close">> {
  try {
    return await openEmbeddedDynamodb(directory);
  } catch (error) {
    if (!(error instanceof EmbeddedDynamodbInUse)) throw error;
    const socket = await socketPlace(directory, "dynamodb.sock");
    const { client, destroy } = clientAt(socket.path);
    return {
      client,
      close: async () => {
        destroy();
        await socket.close();
      },
    };
  }
}

function clientAt(socketPath: string): {
  readonly client: DynamoDBDocumentClient;
  readonly destroy: () => void;
} {
  // The SDK's advice to update Node is for those who call AWS.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const agent = new Agent({
    keepAlive: true,
    maxSockets: mostConnections,
    maxFreeSockets: mostIdleConnections,
  });
  agent.createConnection = () => connect(socketPath);
  const base = new DynamoDBClient({
    // No name that is ever looked up: the agent decides where to connect to.
    endpoint: "http://dynamodb.invalid",
    region: "us-east-1",
    // The embedded store checks the form of a signature only; nothing here is a secret.
    credentials: { accessKeyId: "embedded", secretAccessKey: "embedded" },
    maxAttempts: 5,
    requestHandler: {
      httpAgent: agent,
      requestTimeout: requestMilliseconds,
      throwOnRequestTimeout: true,
    },
  });
  const client = DynamoDBDocumentClient.from(base, {
    marshallOptions: { removeUndefinedValues: true },
  });
  return { client, destroy: () => base.destroy() };
}

async function openServer(directory: string, socket: SocketPlace): Promise<Server> {
  await repairEmbeddedDynamodb(directory, Date.now());
  const server = dynalite({
    path: directory,
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  passWholeRequests(server, mostRequestBytes);
  // An idle connection that the server drops races with the client's next request on it.
  server.keepAliveTimeout = 0;
  await listenOnSocket(server, socket.path);
  return server;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined || error === null ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
