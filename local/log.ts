import type { Log } from "#service/deps.ts";

/** One line of JSON a message, on standard error. */
export function jsonLog(minimum: "info" | "warn"): Log {
  return (level, message, fields) => {
    if (minimum === "warn" && level === "info") return;
    process.stderr.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`,
    );
  };
}
