import { AsyncLocalStorage } from "node:async_hooks";
import type { Log, LogFields } from "#service/deps.ts";
import { readableJson } from "#terminal/readable-json.ts";

export type LogLevel = Parameters<Log>[0];

const severity: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };
const context = new AsyncLocalStorage<LogFields>();

/** What is logged during `work`, by whatever it calls, carries these fields too: request, pipeline and delivery ids. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return context.run({ ...context.getStore(), ...fields }, work);
}

/** One line of JSON a message, as CloudWatch Logs Insights reads it. */
export function jsonLog(
  least: LogLevel = "info",
  write: (line: string) => void = (line) => {
    process.stdout.write(line);
  },
): Log {
  return (level, message, fields) => {
    if (severity[level] < severity[least]) return;
    const time = new Date().toISOString();
    write(`${readableJson({ time, level, message, ...context.getStore(), ...fields })}\n`);
  };
}
