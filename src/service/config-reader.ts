import type { ForgeClient } from "#forge/forge.ts";
import type { ConfigReader } from "#language/source.ts";
import type { BuildableEvent } from "./facts.ts";

const zeros = "0".repeat(40);

/** Lets the compiler ask the forge about the pipeline's commit; each question is asked once. */
export function configReader(client: ForgeClient, event: BuildableEvent): ConfigReader {
  let paths: Promise<readonly string[]> | undefined;
  return {
    local: (path) => client.readFile(event.sha, path.replace(/^\/+/, "")),
    paths: () => {
      paths ??= client.listPaths(event.sha);
      return paths;
    },
    changedPaths: (compareTo) => {
      if (compareTo !== undefined) return client.changedPaths(compareTo, event.sha);
      if (event.kind === "merge_request")
        return client.changedPaths(event.mergeRequest.diffBaseSha, event.sha);
      if (event.kind === "tag" || event.before === zeros) return Promise.resolve("unknown");
      return client.changedPaths(event.before, event.sha);
    },
  };
}
