import Docker from "dockerode";
import { engineAddress } from "./address.ts";

/** A client for the engine at a `DOCKER_HOST`: `unix:///PATH` or `tcp://HOST:PORT`. Connects when it is first used. */
export function engineClient(dockerHost: string): Docker {
  const { request } = engineAddress(dockerHost);
  return "socketPath" in request
    ? new Docker(request)
    : new Docker({ protocol: "http", ...request });
}
