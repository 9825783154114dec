import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { closeMetadata } from "#engine/metadata.ts";
import type { Settings } from "../settings.ts";

const shell = promisify(execFile);

/**
 * Keeps the containers of a CodeBuild build from its role's credentials, which the runner itself goes on to read. Other
 * environments are closed by the machine that starts them. What cannot be closed is said in the build's output.
 */
export async function closeOwnMachine(
  settings: Pick<Settings, "ownMachine" | "allowMetadata" | "executor">,
  warn: (sentence: string) => void,
): Promise<void> {
  if (!settings.ownMachine || settings.allowMetadata || settings.executor === "shell") return;
  try {
    await shell("sh", ["-c", closeMetadata([{ behind: "any" }])], { timeout: 30_000 });
  } catch (error) {
    const why = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    warn(`The cloud's metadata is in reach of this build's jobs: iptables cannot close it. ${why}`);
  }
}
