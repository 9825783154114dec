import type Docker from "dockerode";
import { statusOf } from "#engine/error.ts";
import { ENGINE_LABEL } from "#engine/labels.ts";
import type { EnvironmentObservation } from "../environment.ts";
import { ENTRY_STATUS } from "./entry.ts";

/** A container that has not been started after this time never will: its start may be tried again. */
const START_PATIENCE_SECONDS = 30;

/** The states of engine containers, read with one request to the engine for all running ones. */
export async function observeEngineContainers(
  docker: Docker,
  ids: readonly string[],
): Promise<Map<string, EnvironmentObservation>> {
  const containers = await docker.listContainers({
    all: true,
    filters: { label: [ENGINE_LABEL] },
  });
  const byId = new Map(containers.map((one) => [one.Labels[ENGINE_LABEL], one]));
  const seen = ids.map(async (id) => {
    const container = byId.get(id);
    return [id, await observe(docker, container)] as const;
  });
  return new Map(await Promise.all(seen));
}

async function observe(
  docker: Docker,
  container: Docker.ContainerInfo | undefined,
): Promise<EnvironmentObservation> {
  if (container === undefined) {
    return { state: "unknown" };
  }
  const handle = `container:${container.Names[0]?.slice(1) ?? container.Id}`;
  switch (container.State) {
    case "created":
      return Date.now() / 1000 - container.Created < START_PATIENCE_SECONDS
        ? { state: "starting", handle }
        : { state: "unknown" };
    case "exited":
    case "dead":
      try {
        return await ending(docker.getContainer(container.Id));
      } catch (error) {
        // Removed since the list was made.
        if (statusOf(error) === 404) {
          return { state: "unknown" };
        }
        throw error;
      }
    default:
      return { state: "running", handle };
  }
}

async function ending(container: Docker.Container): Promise<EnvironmentObservation> {
  const { State: state, HostConfig: host } = await container.inspect();
  if (state.ExitCode === 0 && !state.Error) {
    return { state: "ended" };
  }
  const said = await lastLines(container);
  const why = reason(state, host.Memory);
  return { state: "ended", problem: said ? `${why}\n${said}` : why };
}

function reason(
  state: Docker.ContainerInspectInfo["State"],
  memoryBytes: number | undefined,
): string {
  if (state.OOMKilled) {
    const limit = memoryBytes ? ` of ${Math.floor(memoryBytes / 1024 / 1024)} MiB` : "";
    return `The environment ran out of its memory${limit}.`;
  }
  if (state.Error) {
    return `The environment did not start: ${state.Error}.`;
  }
  switch (state.ExitCode) {
    case ENTRY_STATUS.timedOut:
      return "The environment ran longer than its time.";
    case ENTRY_STATUS.noEngine:
      return "The environment has no engine.";
    case 137:
      return "The environment was killed.";
    default:
      return `The environment ended with exit status ${state.ExitCode}.`;
  }
}

/** Without a terminal the engine frames each piece of output: 8 bytes of head, then the text. */
async function lastLines(container: Docker.Container): Promise<string> {
  const framed = await container.logs({ stdout: true, stderr: true, tail: 3, follow: false });
  const text: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const end = at + 8 + framed.readUInt32BE(at + 4);
    text.push(framed.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(text).toString("utf8").trim().slice(-500);
}
