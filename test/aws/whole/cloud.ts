import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Machine } from "#local/setup/machine.ts";
import {
  type CodebuildDouble,
  startCodebuildDouble,
} from "../codebuild-double/codebuild-double.ts";
import { type EcrDouble, startEcrDouble } from "../ecr-double/ecr-double.ts";
import { openApiAddress } from "./api-address.ts";
import { buildRolesOf, repositoriesOf } from "./build-roles.ts";
import { accessKey, account, deploySlipway, emulatorEnvironment, region } from "./deploy.ts";
import { emulatorApi } from "./emulator-api.ts";
import { type Ministack, startMinistack } from "./ministack.ts";
import { runProgram } from "./processes.ts";

const program = resolve(import.meta.dirname, "../../../cli/slipway.js");

export type Cloud = {
  /** The deployed service's address. */
  readonly url: string;
  readonly codebuild: CodebuildDouble;
  readonly ecr: EcrDouble;
  readonly ministack: Ministack;
  /** What the functions wrote, for a test that failed. */
  readonly logs: () => Promise<string>;
  /** `slipway …` as an operator with AWS credentials runs it; gives what it printed. */
  readonly slipway: (args: readonly string[], input?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/**
 * Slipway's own stacks, deployed by the real CDK CLI into the emulator, with doubles of CodeBuild and ECR that
 * run real builds and keep real images.
 */
export async function startCloud(options: {
  readonly machine: Machine;
  readonly python: string;
  readonly settings: string;
}): Promise<Cloud> {
  const { machine, python } = options;
  const address = machine.gatewayAddress;
  const directory = mkdtempSync(join(tmpdir(), "slipway-cloud-"));
  const settings = join(directory, "slipway.yaml");
  writeFileSync(settings, options.settings);
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(directory, { recursive: true })];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const ministack = await startMinistack({ python, host: address });
    stops.push(ministack.stop);
    const emulator = emulatorApi(ministack.url);
    const door = await openApiAddress(ministack.url, address);
    stops.push(door.stop);
    const ecr = await startEcrDouble({ registryBinary: machine.registryBinary, address });
    stops.push(ecr.close);
    const mirrors = machine.mirror === undefined ? [] : [machine.mirror.inContainers];
    let rulePattern = "{}";
    let roles: ReturnType<typeof buildRolesOf> = new Map();
    const codebuild = await startCodebuildDouble({
      address,
      account,
      region,
      socketPath: machine.dockerSocket,
      engineImage: machine.engineImage,
      readSource: emulator.readObject,
      daemon: {
        "registry-mirrors": mirrors,
        "insecure-registries": [ecr.host, ...mirrors],
      },
      variables: { AWS_ENDPOINT_URL_ECR: ecr.url },
      onEvent: (event) => emulator.deliver(rulePattern, "slipway-builds", event),
      onCredentials: ({ keys, settings: { serviceRole } }) => {
        const role = roles.get(serviceRole.slice(serviceRole.lastIndexOf("/") + 1));
        if (role === undefined) throw new Error(`There is no role ${serviceRole}`);
        ecr.world.identities.set(keys.accessKeyId, { secretAccessKey: keys.secretAccessKey, role });
      },
    });
    stops.push(codebuild.close);
    const { outputs, resources } = await deploySlipway({
      url: ministack.url,
      settings,
      directory,
      functionVariables: {
        SLIPWAY_URL: door.url,
        // The emulator's own addresses of queues say localhost.
        SLIPWAY_WORK_QUEUE_URL: `${ministack.url}/${account}/slipway-work.fifo`,
        SLIPWAY_LATER_QUEUE_URL: `${ministack.url}/${account}/slipway-later`,
        SLIPWAY_REGISTRY: ecr.host,
        AWS_ENDPOINT_URL_CODEBUILD: codebuild.url,
        AWS_ENDPOINT_URL_ECR: ecr.url,
        AWS_ENDPOINT_URL_STS: codebuild.url,
      },
    });
    door.pointAt(new URL(outputs.Slipway?.Address ?? "").host);
    roles = buildRolesOf(resources);
    for (const [name, mutability] of repositoriesOf(resources)) {
      ecr.world.repositories.set(name, mutability);
    }
    const rule = resources.find(({ Type }) => Type === "AWS::Events::Rule");
    rulePattern = JSON.stringify(rule?.Properties?.EventPattern);
    // Every function of the emulator signs with this key, whatever its role.
    const service = { name: "slipway", access: "service" } as const;
    const { accessKeyId, secretAccessKey } = accessKey;
    ecr.world.identities.set(accessKeyId, { secretAccessKey, role: service });
    await fetch(codebuild.url, {
      method: "POST",
      headers: { "x-amz-target": "CodeBuild_20161006.CreateProject" },
      body: JSON.stringify(await emulator.codebuildProject("slipway")),
    });
    const env = emulatorEnvironment(ministack.url);
    const slipway = (args: readonly string[], input?: string): Promise<string> =>
      runProgram(process.execPath, [program, ...args], {
        cwd: directory,
        env: { ...env, NO_COLOR: "1" },
        ...(input !== undefined && { input }),
      });
    const logs = async (): Promise<string> => {
      const names = ["slipway-http", "slipway-work", "slipway-builds", "slipway-sweep"];
      const each = names.map(async (name) => `${name}:\n${await emulator.functionLog(name)}`);
      return (await Promise.all(each)).join("\n");
    };
    return {
      url: door.url,
      codebuild,
      ecr,
      ministack,
      logs,
      slipway,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
