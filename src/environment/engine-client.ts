import Docker from "dockerode";

/** A client for `unix:///PATH` or `tcp://HOST:PORT`. */
export function engineClient(dockerHost: string): Docker {
  if (dockerHost.startsWith("unix://")) {
    return new Docker({ socketPath: dockerHost.slice("unix://".length) });
  }
  const url = new URL(dockerHost.replace(/^tcp:/, "http:"));
  return new Docker({ protocol: "http", host: url.hostname, port: Number(url.port || 2375) });
}

/** The engine's HTTP status of a failed call. */
export function statusOf(error: unknown): number | undefined {
  const status = property(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}

/** Whether there is no engine to talk to, as against one that refuses. */
export function isUnreachable(error: unknown): boolean {
  const code = property(error, "code");
  return code === "ENOENT" || code === "ECONNREFUSED" || code === "EACCES" || code === "ECONNRESET";
}

/** The engine's own words. */
export function messageOf(error: unknown): string {
  const json = property(error, "json");
  const message = property(json, "message") ?? property(error, "message");
  return typeof message === "string" ? message : String(error);
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? Reflect.get(value, name)
    : undefined;
}
