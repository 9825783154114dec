import { ForgeError } from "#forge/forge.ts";
import { compileGlob, isGlob } from "#language/condition/glob.ts";
import type { CacheOptions, PlannedJob } from "#language/plan.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { JobCache } from "#runner/protocol.ts";
import { cacheKeySuffix } from "../artifacts/cache.ts";
import { isFromFork } from "../configuration/facts.ts";
import type { Host, Ports } from "../deps.ts";

/** Most files that a pattern in `cache:key:files` may stand for. */
const maxKeyFiles = 50;

/**
 * The caches of a job. The runner expands variables in the keys. A fork's job may not write a cache. If the forge cannot
 * be asked for the files of a key, that cache is left out, because a job must also work without a cache.
 */
export async function toCaches(
  deps: Pick<Ports, "forges"> & Pick<Host, "hash" | "log">,
  pipeline: Pipeline,
  planned: PlannedJob,
): Promise<JobCache[]> {
  const suffix = cacheKeySuffix(pipeline);
  const mayPush = !isFromFork(pipeline.facts);
  const caches = await Promise.all(
    planned.cache.map(async (cache, index): Promise<JobCache[]> => {
      if (!mayPush && cache.policy === "push") return [];
      const key = await keyOf(deps, pipeline, cache, index);
      if (key === undefined) return [];
      return [
        {
          key: `${key}${suffix}`,
          untracked: cache.untracked,
          policy: mayPush ? cache.policy : "pull",
          paths: [...cache.paths],
          when: cache.when,
          fallback_keys: cache.fallbackKeys.map((fallback) => `${fallback}${suffix}`),
        },
      ];
    }),
  );
  return caches.flat();
}

async function keyOf(
  deps: Pick<Ports, "forges"> & Pick<Host, "hash" | "log">,
  pipeline: Pipeline,
  cache: CacheOptions,
  index: number,
): Promise<string | undefined> {
  if (cache.keyFiles === undefined) return cache.key;
  const { files, prefix } = cache.keyFiles;
  try {
    const digest = await digestOf(deps, pipeline, files);
    const names = files.map((file) => file.split(".")[0]).join("_");
    const fromFiles = digest === undefined ? "default" : `${index}_${names}-${digest}`;
    return [prefix ?? "", fromFiles].filter((part) => part !== "").join("-");
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    deps.log("warn", "a cache key's files could not be read; the job runs without this cache", {
      pipeline: pipeline.id,
      cause: error.message,
    });
    return undefined;
  }
}

/** The key depends on the content of the files and not on their history, which a shallow clone does not have. */
async function digestOf(
  deps: Pick<Ports, "forges"> & Pick<Host, "hash">,
  pipeline: Pipeline,
  files: readonly string[],
): Promise<string | undefined> {
  const client = deps.forges.get(pipeline.forge)?.client(pipeline.project);
  if (client === undefined) return undefined;
  const { sha } = pipeline.facts.commit;
  const globs = files.filter(isGlob).flatMap((file) => {
    const glob = compileGlob(file);
    return glob.ok ? [glob.matches] : [];
  });
  const found =
    globs.length === 0
      ? []
      : (await client.listPaths(sha))
          .filter((path) => globs.some((matches) => matches(path)))
          .slice(0, maxKeyFiles);
  const paths = [...files.filter((file) => !isGlob(file)), ...found];
  const contents = await Promise.all(paths.map((path) => client.readFile(sha, path)));
  const parts = contents.flatMap((content, index) =>
    content === undefined ? [] : [`${paths[index]} ${deps.hash(content)}`],
  );
  return parts.length === 0 ? undefined : deps.hash(parts.sort().join("\n")).slice(0, 40);
}
