import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Docker from "dockerode";
import { codebuildAccount, type Knobs, type Place } from "./account.ts";
import type { BuildRecord } from "./build.ts";
import { startContainer } from "./build-container.ts";
import { type Delivery, eventBus } from "./event-bus.ts";
import { type CodebuildEvent, phaseChange, stateChange } from "./events.ts";
import { type Input, object } from "./input.ts";
import { Rejection } from "./rejection.ts";
import { callerIdentity } from "./sts.ts";

export type CodebuildDoubleOptions = {
  /** Where it listens, as containers reach it. */
  readonly address: string;
  readonly port?: number;
  /** Socket of the engine that runs the builds. */
  readonly socketPath?: string;
  /** The image that stands for every build image. */
  readonly engineImage?: string;
  readonly account?: string;
  readonly region?: string;
  /** The bytes of an S3 source, `BUCKET/KEY`. */
  readonly readSource: (location: string) => Promise<Buffer>;
  /** Gets the events as EventBridge would deliver them. */
  readonly onEvent?: (event: CodebuildEvent) => Promise<void> | void;
  /** Hears of the credentials of a build before it begins. */
  readonly onCredentials?: (build: BuildRecord) => void;
  /** `NAME:ADDRESS` for build machines, and settings of their engines. */
  readonly extraHosts?: readonly string[];
  readonly daemon?: Readonly<Record<string, unknown>>;
  /** More variables of every build, such as AWS_ENDPOINT_URL_ECR. */
  readonly variables?: Readonly<Record<string, string>>;
};

export type CodebuildDouble = {
  /** For AWS_ENDPOINT_URL_CODEBUILD and AWS_ENDPOINT_URL_STS. */
  readonly url: string;
  readonly place: Place;
  readonly knobs: Knobs;
  readonly delivery: Delivery;
  readonly builds: ReadonlyMap<string, BuildRecord>;
  /** Operations in the order in which they were asked for, with their input. */
  readonly calls: { readonly operation: string; readonly input: Input }[];
  readonly setLimit: (limit: number) => void;
  readonly flushEvents: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const target = /^CodeBuild_20161006\.(\w+)$/;

/**
 * Stands in for AWS CodeBuild: its JSON protocol, with builds that run in containers of the real engine. The
 * builds' credentials endpoint and STS GetCallerIdentity are at the same address.
 */
export async function startCodebuildDouble(
  options: CodebuildDoubleOptions,
): Promise<CodebuildDouble> {
  const docker = new Docker({ socketPath: options.socketPath ?? "/var/run/docker.sock" });
  const place = {
    account: options.account ?? "123456789012",
    region: options.region ?? "eu-central-1",
  };
  const knobs: Knobs = {
    limit: 20,
    queueFactor: 5,
    provisioningMilliseconds: 0,
    minuteMilliseconds: 60_000,
    faults: 0,
    deletedRoles: new Set(),
    failures: [],
    silent: [],
  };
  const bus = eventBus(options.onEvent ?? (() => undefined));
  const calls: { operation: string; input: Input }[] = [];
  let port = options.port ?? 0;

  const account = codebuildAccount(place, knobs, (build) => {
    options.onCredentials?.(build);
    return {
      readSource: options.readSource,
      startContainer: async (variables) =>
        startContainer(build, {
          docker,
          image: options.engineImage ?? "slipway/engine:latest",
          ...("slipway" in (await docker.info()).Runtimes ? { runtime: "slipway" } : {}),
          extraHosts: options.extraHosts ?? [],
          daemon: options.daemon ?? {},
          address: options.address,
          port,
          variables: {
            AWS_ENDPOINT_URL_STS: `http://${options.address}:${port}`,
            ...options.variables,
            ...variables,
          },
        }),
      changed: (changed, completed) => {
        const event = completed
          ? phaseChange(changed, completed, place)
          : stateChange(changed, place);
        bus.publish(event);
      },
    };
  });

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const operation = target.exec(String(request.headers["x-amz-target"] ?? ""))?.[1];
    if (request.method === "GET") {
      const build = [...account.builds.values()].find(
        ({ credentialsPath }) => credentialsPath === request.url,
      );
      if (build !== undefined) return send(response, 200, credentialsOf(build), "application/json");
      const identity = callerIdentity(
        request.url ?? "/",
        request.headers,
        account.builds.values(),
        place.account,
      );
      return send(response, identity.status, identity.body, "text/xml");
    }
    const input = object(JSON.parse(body || "{}"));
    try {
      const work = operation === undefined ? undefined : account.operations[operation];
      if (operation === undefined || work === undefined) {
        throw new Rejection("UnknownOperationException", `The double has no ${operation}`);
      }
      calls.push({ operation, input });
      const failing = knobs.failures.findIndex((failure) => failure.operation === operation);
      const [failure] = failing < 0 ? [] : knobs.failures.splice(failing, 1);
      if (failure !== undefined) throw failure.error;
      const result = work(input);
      const silent = knobs.silent.indexOf(operation);
      if (silent >= 0) {
        knobs.silent.splice(silent, 1);
        response.destroy();
        return;
      }
      send(response, 200, JSON.stringify(result));
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const refusal = { __type: error.type, message: error.message };
      send(response, error.status, JSON.stringify(refusal));
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, options.address, resolve);
  });
  port = (server.address() as AddressInfo).port;

  return {
    url: `http://${options.address}:${port}`,
    place,
    knobs,
    delivery: bus.delivery,
    builds: account.builds,
    calls,
    setLimit: (limit) => {
      knobs.limit = limit;
      account.admit();
    },
    flushEvents: bus.flush,
    close: async () => {
      await account.close();
      await bus.flush();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function credentialsOf({ keys, settings }: BuildRecord): string {
  return JSON.stringify({
    RoleArn: settings.serviceRole,
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
    Expiration: new Date(Date.now() + 3600_000).toISOString(),
  });
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = "application/x-amz-json-1.1",
): void {
  response.writeHead(status, { "content-type": type }).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
