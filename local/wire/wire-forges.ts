import { connectForge } from "#forge/connections.ts";
import type { Forge } from "#forge/forge.ts";
import type { ForgeConnection } from "#project/connection.ts";
import type { Settings } from "#project/parse-settings.ts";
import type { Secrets } from "#secrets/secrets.ts";

export type LiveForges = {
  /** By the connection's name; changes as the settings do. */
  readonly forges: ReadonlyMap<string, Forge>;
  readonly follow: (settings: Settings) => void;
};

/** The built-in git host and the connections of `slipway.yaml`, each made anew only when it changed. */
export function liveForges(local: Forge, secrets: Secrets): LiveForges {
  const forges = new Map<string, Forge>([["local", local]]);
  const made = new Map<string, string>();
  return {
    forges,
    follow: ({ forges: wanted }) => {
      for (const name of made.keys()) {
        if (wanted.has(name)) continue;
        made.delete(name);
        forges.delete(name);
      }
      for (const [name, connection] of wanted) {
        const text = JSON.stringify(connection);
        if (made.get(name) === text) continue;
        made.set(name, text);
        forges.set(name, connected(connection, secrets));
      }
    },
  };
}

function connected(connection: ForgeConnection, secrets: Secrets): Forge {
  return connectForge(connection, async (name, how) => (await secrets.get(name, how))[0]);
}
