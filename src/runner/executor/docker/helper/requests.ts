import { parseObject } from "../../../engine/json-object.ts";
import type { JobPaths, VariableFile } from "../../variables.ts";
import type { PackRequest, SourcesRequest } from "../../workspace.ts";

/** What a helper is asked; the paths of the job go along, as a helper knows nothing of its own. */
export type HelperRequest = { readonly paths: JobPaths } & (
  | { readonly action: "prepare"; readonly files: readonly VariableFile[] }
  | { readonly action: "get_sources"; readonly sources: SourcesRequest }
  /** Followed by the archive. */
  | { readonly action: "unpack" }
  /** Answered by the archive, before the result. */
  | { readonly action: "pack"; readonly pack: PackRequest }
  | { readonly action: "discard" }
);

/** A line for the job's log. */
export type HelperLine = {
  readonly level: "line" | "warning" | "error";
  readonly text: string;
};

/** `count`: entries that were unpacked, or files that were packed. */
export type HelperResult = { readonly count: number };

export type HelperFailure = {
  /** Absent for what is no failure of a job by itself. */
  readonly reason?: string;
  readonly message: string;
  readonly exitCode?: number;
};

/** Larger ones are refused: archives come in pieces, and all else is small. */
export const LIMITS = { toHelper: 256 * 1024 * 1024, toRunner: 4 * 1024 * 1024 } as const;

/** Words of a helper are shown, so they are kept short and on their line. */
const LONGEST_TEXT = 4_000;

export function readLine(body: Buffer): HelperLine | undefined {
  const { level, text } = parseObject(body.toString("utf8")) ?? {};
  const known = (["line", "warning", "error"] as const).find((one) => one === level);
  return known && { level: known, text: plain(text) };
}

export function readResult(body: Buffer): number {
  const { count } = parseObject(body.toString("utf8")) ?? {};
  return typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

export function readFailure(body: Buffer): HelperFailure {
  const { reason, message, exitCode } = parseObject(body.toString("utf8")) ?? {};
  const isCode = typeof exitCode === "number" && Number.isInteger(exitCode);
  return {
    ...(typeof reason === "string" && { reason }),
    message: plain(message),
    ...(isCode && exitCode > 0 && exitCode < 256 && { exitCode }),
  };
}

function plain(text: unknown): string {
  return String(text)
    .slice(0, LONGEST_TEXT)
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ");
}
