import type { CommitState } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** Forges cut or refuse longer descriptions (GitHub's limit). */
const longest = 140;

/** One line of a length that every forge takes. */
export function cut(text: string): string {
  return atMost(longest, text.replace(/\s+/gu, " ").trim());
}

/** Cuts between characters, never inside one. */
export function atMost(length: number, text: string): string {
  if (text.length <= length) return text;
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** Forges refuse to go back to `pending`; what is taken up again is `running`. */
export function forward(before: CommitState | undefined, state: CommitState): CommitState {
  return state === "pending" && before !== undefined && before !== "pending" ? "running" : state;
}

/** `1 h 2 min 3 s` of a pipeline or a job; from its making where it never started. */
export function took(of: {
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}): string {
  const from = of.startedAt ?? of.createdAt;
  const to = of.finishedAt ?? from;
  const seconds = Math.max(0, Math.round((epochMs(to) - epochMs(from)) / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [`${hours} h`, `${minutes} min`, `${seconds % 60} s`];
  return parts.slice(hours > 0 ? 0 : minutes > 0 ? 1 : 2).join(" ");
}
