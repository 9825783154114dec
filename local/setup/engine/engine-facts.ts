import { askEngine } from "#engine/ask.ts";
import { ipv4Gateway, type NetworkRange } from "#engine/gateway.ts";

/** What set-up and doctor want to know about an engine. */
export interface EngineFacts {
  readonly version: string;
  readonly storageDriver: string;
  readonly rootless: boolean;
  readonly runtimes: readonly string[];
  readonly defaultRuntime: string;
  readonly mirrors: readonly string[];
  readonly rootDirectory: string;
  /** Where containers of the default bridge reach the machine; empty when the engine does not say. */
  readonly gateway: string;
  /** The interface of the default bridge. */
  readonly bridge: string;
}

/** Asks an engine about itself and about its default bridge. */
export async function readEngine(socket: string): Promise<EngineFacts> {
  const [info, bridge] = await Promise.all([
    askEngine({ socketPath: socket }, "GET", "/info"),
    askEngine({ socketPath: socket }, "GET", "/networks/bridge"),
  ]);
  return engineFacts(JSON.parse(info.text), JSON.parse(bridge.text));
}

/** Reads the engine's answers to `GET /info` and `GET /networks/bridge` (Docker Engine API 1.41). */
export function engineFacts(info: EngineInfo, bridge: BridgeNetwork): EngineFacts {
  return {
    version: info.ServerVersion ?? "unknown",
    storageDriver: info.Driver ?? "unknown",
    rootless: (info.SecurityOptions ?? []).some((option) => option.includes("rootless")),
    runtimes: Object.keys(info.Runtimes ?? {}),
    defaultRuntime: info.DefaultRuntime ?? "runc",
    mirrors: info.RegistryConfig?.Mirrors ?? [],
    rootDirectory: info.DockerRootDir ?? "/var/lib/docker",
    gateway: ipv4Gateway(bridge.IPAM?.Config)?.gateway ?? "",
    bridge: bridge.Options?.["com.docker.network.bridge.name"] ?? "docker0",
  };
}

interface EngineInfo {
  readonly ServerVersion?: string;
  readonly Driver?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly DefaultRuntime?: string;
  readonly RegistryConfig?: { readonly Mirrors?: readonly string[] | null } | null;
  readonly DockerRootDir?: string;
}

interface BridgeNetwork {
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Config?: readonly NetworkRange[] | null;
  } | null;
}
