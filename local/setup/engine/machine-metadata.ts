import {
  CLOSED_BRIDGES,
  closeMetadata,
  isMetadataClosed,
  type MetadataUser,
  openMetadata,
} from "#engine/metadata.ts";
import { type CommandResult, lastLines, run } from "../command.ts";
import { readEngine } from "./engine-facts.ts";

/** What is needed to change the rules of the network in which a machine's engine is. */
export type RulesPlace = {
  readonly dockerSocket: string;
  readonly dockerClient: string;
  /** Has sh and iptables. */
  readonly engineImage: string;
};

/** `bridge`: whether the engine's default bridge is closed too, on which others may have containers as well. */
export type Closed = { readonly bridge: boolean };

/**
 * Keeps jobs on a machine's engine from the cloud's metadata: those in Slipway's own networks, and what is on the
 * default bridge, such as engine containers and `docker run` of docker-socket jobs. Idempotent; leaves all other rules
 * alone, and takes its own for the bridge away where that is to be open. Gives why it cannot be done, for people.
 */
export async function closeMachineMetadata(
  place: RulesPlace,
  closed: Closed,
): Promise<string | undefined> {
  try {
    const bridge = await defaultBridge(place);
    const script = closed.bridge
      ? closeMetadata([...JOBS, bridge])
      : openMetadata([bridge]) + closeMetadata(JOBS);
    const { code, stderr } = await whereTheEngineIs(place, script);
    return code === 0 ? undefined : lastLines(stderr, 2);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether they are kept from it now; changes nothing. */
export async function machineMetadataIsClosed(place: RulesPlace, closed: Closed): Promise<boolean> {
  const users = closed.bridge ? [...JOBS, await defaultBridge(place)] : JOBS;
  return (await whereTheEngineIs(place, isMetadataClosed(users))).code === 0;
}

/** Bridges that the runners of this machine make. */
const JOBS: readonly MetadataUser[] = [{ behind: `${CLOSED_BRIDGES}+` }];

async function defaultBridge({ dockerSocket }: RulesPlace): Promise<MetadataUser> {
  const { bridge } = await readEngine(dockerSocket);
  // The name becomes a word of a script.
  if (!/^[\w.-]{1,15}$/.test(bridge)) throw new Error(`"${bridge}" is no name of an interface.`);
  return { behind: bridge };
}

/** Root does it itself; others, and root without iptables, through the engine, which is in the right network anyway. */
async function whereTheEngineIs(place: RulesPlace, script: string): Promise<CommandResult> {
  const here = process.getuid?.() === 0 ? await run("sh", ["-c", script]) : undefined;
  if (here?.code === 0) return here;
  const { dockerClient, dockerSocket, engineImage } = place;
  const rights = ["--network=host", "--cap-drop=ALL", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW"];
  const words = ["run", "--rm", ...rights, "--entrypoint=/bin/sh", engineImage, "-c", script];
  return run(dockerClient, words, {
    env: { DOCKER_HOST: `unix://${dockerSocket}` },
    timeLimit: 30_000,
  });
}
