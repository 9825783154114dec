import type { ForgeClient } from "#forge/forge.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { ConfigReader } from "#language/source.ts";

const zeros = "0".repeat(40);

/** Lets the compiler ask the forge about the pipeline's commit; each question is asked once. */
export function configReader(
  client: ForgeClient,
  facts: PipelineFacts,
  elsewhere: Pick<ConfigReader, "project" | "projectPaths" | "component" | "remote">,
): ConfigReader {
  const { sha, beforeSha } = facts.commit;
  let paths: Promise<readonly string[]> | undefined;
  return {
    ...elsewhere,
    local: (path) => client.readFile(sha, path.replace(/^\/+/, "")),
    paths: () => {
      paths ??= client.listPaths(sha);
      return paths;
    },
    changedPaths: (compareTo) => {
      if (compareTo !== undefined) return client.changedPaths(compareTo, sha);
      if (facts.mergeRequest !== undefined)
        return client.changedPaths(facts.mergeRequest.diffBaseSha, sha);
      if (facts.ref.kind === "tag" || beforeSha === zeros) return Promise.resolve("unknown");
      return client.changedPaths(beforeSha, sha);
    },
  };
}
