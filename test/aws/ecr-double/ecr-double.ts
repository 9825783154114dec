import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepRegistry } from "#local/registry/child.ts";
import { registryConfig } from "#local/registry/config.ts";
import { openRegistryKeys } from "#local/registry/keys.ts";
import { distributionRegistry } from "#registry/distribution.ts";
import { type DistributionApi, distributionApi } from "#registry/distribution-api.ts";
import { signRegistryToken } from "#registry/token.ts";
import { answerApi } from "./api.ts";
import { answerRegistry, readAll } from "./front.ts";
import { createWorld, type EcrRole, type EcrWorld } from "./world.ts";

export type EcrDouble = {
  /** As image names carry it: stands for ACCOUNT.dkr.ecr.REGION.amazonaws.com. */
  readonly host: string;
  /** For AWS_ENDPOINT_URL_ECR. */
  readonly url: string;
  readonly world: EcrWorld;
  /** The real registry behind it, with all rights. */
  readonly images: DistributionApi;
  /** Makes an access key for a role, as its credentials endpoint would give it out. */
  readonly accessKey: (role: EcrRole) => { accessKeyId: string; secretAccessKey: string };
  readonly close: () => Promise<void>;
};

/**
 * Stands in for Amazon ECR: its API and its registry on one address, in front of a docker-registry process
 * that holds the images.
 */
export async function startEcrDouble(options: {
  readonly registryBinary: string;
  /** Name by which engines and jobs reach it. */
  readonly hostName?: string;
  /** The address it listens on. */
  readonly address?: string;
  readonly port?: number;
}): Promise<EcrDouble> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-ecr-"));
  const keys = await openRegistryKeys(directory);
  const world = createWorld("123456789012", "eu-central-1");
  const registry = await startRegistry(directory, options.registryBinary, keys);
  const now = () => Date.now();
  const behind = {
    url: `http://127.0.0.1:${registry.port}`,
    timeoutMilliseconds: 10_000,
    tokenFor: (access: Parameters<typeof signRegistryToken>[1]["access"]) =>
      signRegistryToken(keys, { subject: "ecr-double", access, now: now() }),
  };
  const images = {
    api: distributionApi(behind),
    registry: distributionRegistry({ host: "registry", url: behind.url, keys }),
  };
  const front = {
    world,
    api: images.api,
    registryPort: async () => registry.port,
    tokenFor: (name: string) =>
      behind.tokenFor([{ type: "repository", name, actions: ["pull", "push", "delete"] }]),
  };
  const server = createServer(async (request, response) => {
    try {
      if (request.url?.startsWith("/v2")) await answerRegistry(front, request, response);
      else await answerApi(world, images, request, await readAll(request), response);
    } catch (error) {
      console.error("ECR double:", error);
      response.destroy();
    }
  });
  const address = options.address ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `${options.hostName ?? address}:${port}`;
  return {
    host,
    url: `http://${host}`,
    world,
    images: images.api,
    accessKey: (role) => {
      const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
      const secretAccessKey = randomBytes(30).toString("base64");
      world.identities.set(accessKeyId, { secretAccessKey, role });
      return { accessKeyId, secretAccessKey };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await registry.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startRegistry(
  directory: string,
  program: string,
  keys: Awaited<ReturnType<typeof openRegistryKeys>>,
) {
  const storage = join(directory, "images");
  const certificateFile = join(directory, "certificate.pem");
  await mkdir(storage);
  await writeFile(certificateFile, keys.certificate);
  const log = openSync(join(directory, "registry.log"), "a");
  const child = keepRegistry({
    prepare: async (port) => {
      const config = join(directory, "config.json");
      const text = registryConfig({
        storage,
        port,
        uploadSecret: randomBytes(16).toString("hex"),
        realm: "http://127.0.0.1/none",
        service: keys.service,
        issuer: keys.issuer,
        certificateFile,
      });
      await writeFile(config, text);
      return [program, "serve", config];
    },
    log,
    started: async () => {},
    say: (line) => console.log(line),
  });
  const port = await child.ready(20_000);
  if (port === undefined) throw new Error("docker-registry does not answer");
  return {
    port,
    stop: async () => {
      await child.stop();
      closeSync(log);
    },
  };
}
