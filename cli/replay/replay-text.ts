import type { ReplayStep } from "#pipeline/replay.ts";
import { oneLine } from "#terminal/readable.ts";
import { colors } from "../colors.ts";
import { paintStatus } from "../text.ts";

/** One event: its number and time, what it says, what it changed, and the effects that it asked for. */
export function stepText(number: number, { at, event, changes, commands }: ReplayStep): string {
  const { type, ...details } = event;
  const said = Object.entries(details).map(([name, value]) => `${name}=${textOf(value)}`);
  return [
    oneLine(`${String(number).padStart(4)}  ${at}  ${type} ${said.join(" ")}`.trimEnd()),
    ...changes.map(({ what, from, to, why }) => {
      const because = why === undefined ? "" : ` (${oneLine(why)})`;
      return `      ${oneLine(what)}: ${from ?? "new"} → ${paintStatus(to)}${because}`;
    }),
    ...commands.map((command) => colors.dim(`      ⇒ ${oneLine(JSON.stringify(command))}`)),
  ].join("\n");
}

export function endText(events: number, differs: readonly string[], isFull: boolean): string {
  if (isFull) return `The list of events is full after ${events}: later events may be missing.`;
  if (differs.length === 0) return `${events} events end in the state that is stored.`;
  const most = 20;
  const more = differs.length > most ? [`and ${differs.length - most} more`] : [];
  return [
    `${events} events end in another state than the stored one. These differ:`,
    ...[...differs.slice(0, most), ...more].map((path) => `  ${path}`),
  ].join("\n");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
