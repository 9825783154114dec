import { chmod, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where set-up keeps what belongs to the machine rather than to one data directory. */
export function stateDirectory(): string {
  const chosen = process.env.SLIPWAY_STATE_DIRECTORY;
  if (chosen) {
    return chosen;
  }
  return process.getuid?.() === 0
    ? "/var/lib/slipway"
    : join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "slipway");
}

/** Makes the state directory; only its owner may write, everybody may run what lies in it. */
export async function makeStateDirectory(): Promise<string> {
  const directory = stateDirectory();
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  return directory;
}
