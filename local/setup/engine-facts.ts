import { networkInterfaces } from "node:os";
import { askEngine } from "./engine-api.ts";

/** What set-up and doctor want to know about an engine. */
export interface EngineFacts {
  readonly version: string;
  readonly storageDriver: string;
  readonly operatingSystem: string;
  readonly rootless: boolean;
  readonly runtimes: readonly string[];
  readonly defaultRuntime: string;
  readonly mirrors: readonly string[];
  readonly rootDirectory: string;
  /** Where containers of the default bridge reach the machine; empty when the engine does not say. */
  readonly gateway: string;
}

/** Asks an engine about itself and about its default bridge. */
export async function readEngine(socket: string): Promise<EngineFacts> {
  const [info, bridge] = await Promise.all([
    askEngine(socket, "GET", "/info"),
    askEngine(socket, "GET", "/networks/bridge"),
  ]);
  return engineFacts(JSON.parse(info.text), JSON.parse(bridge.text), networkInterfaces());
}

/** Reads the engine's answers to `GET /info` and `GET /networks/bridge` (Docker Engine API 1.41). */
export function engineFacts(
  info: EngineInfo,
  bridge: BridgeNetwork,
  interfaces: Interfaces = {},
): EngineFacts {
  return {
    version: info.ServerVersion ?? "unknown",
    storageDriver: info.Driver ?? "unknown",
    operatingSystem: info.OperatingSystem ?? "unknown",
    rootless: (info.SecurityOptions ?? []).some((option) => option.includes("rootless")),
    runtimes: Object.keys(info.Runtimes ?? {}),
    defaultRuntime: info.DefaultRuntime ?? "runc",
    mirrors: info.RegistryConfig?.Mirrors ?? [],
    rootDirectory: info.DockerRootDir ?? "/var/lib/docker",
    gateway: gatewayOf(bridge, interfaces),
  };
}

/** The engine names the gateway only where it did not choose it itself; the interface has it always. */
function gatewayOf(bridge: BridgeNetwork, interfaces: Interfaces): string {
  const named = (bridge.IPAM?.Config ?? []).find((range) => range.Gateway?.includes("."))?.Gateway;
  const name = bridge.Options?.["com.docker.network.bridge.name"] ?? "docker0";
  const own = interfaces[name]?.find(({ family }) => family === "IPv4")?.address;
  return named ?? own ?? "";
}

type Interfaces = Readonly<
  Record<string, readonly { readonly family: string; readonly address: string }[] | undefined>
>;

interface EngineInfo {
  readonly ServerVersion?: string;
  readonly Driver?: string;
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly DefaultRuntime?: string;
  readonly RegistryConfig?: { readonly Mirrors?: readonly string[] | null } | null;
  readonly DockerRootDir?: string;
}

interface BridgeNetwork {
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Config?: readonly { readonly Gateway?: string }[] | null;
  } | null;
}
