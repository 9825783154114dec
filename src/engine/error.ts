/** The engine's HTTP status of a failed call; undefined where no engine answered. */
export function statusOf(error: unknown): number | undefined {
  const status = property(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}

/** Whether there is no engine to talk to, as against one that refuses. */
export function isUnreachable(error: unknown): boolean {
  const code = property(error, "code");
  return code === "ENOENT" || code === "ECONNREFUSED" || code === "EACCES" || code === "ECONNRESET";
}

/** The engine's own words, without the client library's frame around them; of other errors their message. */
export function engineMessage(error: unknown): string {
  const said = property(property(error, "json"), "message") ?? property(error, "message");
  return (typeof said === "string" ? said : String(error))
    .replace(/^\(HTTP code \d+\) [^-]*- /, "")
    .trim();
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? Reflect.get(value, name)
    : undefined;
}
