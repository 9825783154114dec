import type Docker from "dockerode";
import { statusOf } from "#engine/error.ts";
import { ipv4Gateway } from "#engine/gateway.ts";
import { ENVIRONMENT_LABEL, JOB_LABEL } from "#engine/labels.ts";
import { closedBridge } from "#engine/metadata.ts";
import { JobFailure } from "../../job-failure.ts";
import type { Settings } from "../../settings.ts";
import { engineFailure } from "../engine-client.ts";
import { isSharedEngine } from "./shared-engine.ts";

export type JobNetwork = {
  readonly name: string;
  /** The address of this machine in it. */
  readonly gateway: string;
  /** CIDR. */
  readonly subnet: string;
  /** Whether containers find each other by name in it, as in all networks but the engine's own. */
  readonly hasNames: boolean;
};

export type Networks = {
  /** The engine's own bridge: no names, nothing to make. */
  readonly shared: () => Promise<JobNetwork>;
  /** One for all jobs that follow each other in a slot; made once. */
  readonly ofSlot: (slot: number) => Promise<JobNetwork>;
  /** One for a job and its services. */
  readonly ofJob: (jobId: number) => Promise<JobNetwork>;
};

/** Networks are made only where names or an address of their own are needed: each costs a moment. */
export function networks(engine: Docker, settings: Settings): Networks {
  const slots = new Map<number, Promise<JobNetwork>>();
  let bridge: Promise<JobNetwork> | undefined;

  async function describe(name: string, hasNames: boolean): Promise<JobNetwork> {
    const { IPAM } = await engine.getNetwork(name).inspect();
    const ipv4 = ipv4Gateway(IPAM?.Config);
    if (ipv4 === undefined) {
      throw new JobFailure("runner_system_failure", `The network ${name} has no IPv4 subnet.`);
    }
    return { name, ...ipv4, hasNames };
  }

  async function make(name: string, labels: Record<string, string>) {
    try {
      await engine.createNetwork({
        Name: name,
        Driver: "bridge",
        CheckDuplicate: true,
        // The machine keeps such bridges from its cloud's metadata; an engine of the environment alone keeps all.
        ...(isSharedEngine(settings) &&
          !settings.allowMetadata && {
            Options: { "com.docker.network.bridge.name": closedBridge(name) },
          }),
        Labels: { [ENVIRONMENT_LABEL]: settings.environmentId, ...labels },
      });
    } catch (error) {
      // Left by an earlier runner of this environment: as good as new.
      if (statusOf(error) !== 409)
        throw engineFailure(error, `Making the network ${name}`, settings.dockerHost);
    }
    return describe(name, true);
  }

  return {
    shared: () => {
      bridge ??= describe("bridge", false).catch((error: unknown) => {
        bridge = undefined;
        throw engineFailure(error, "Looking at the engine's network", settings.dockerHost);
      });
      return bridge;
    },
    ofSlot: (slot) => {
      const made = slots.get(slot) ?? make(`slipway-${settings.environmentId}-slot-${slot}`, {});
      slots.set(slot, made);
      made.catch(() => slots.delete(slot));
      return made;
    },
    ofJob: (jobId) =>
      make(`slipway-${settings.environmentId}-job-${jobId}`, { [JOB_LABEL]: String(jobId) }),
  };
}
