// GitLab Docs, "CI/CD YAML syntax reference": `cache`.
import { limits } from "../limits.ts";
import type { CacheOptions } from "../plan.ts";
import {
  type Input,
  invalid,
  items,
  type MapInput,
  read,
  readBoolean,
  readClosedMap,
  readOneOf,
  readText,
  readTextList,
} from "../read.ts";
import { uploadWhen } from "./artifacts.ts";

const policies = ["pull-push", "pull", "push"] as const;

/** One cache or a list of them; `[]` and `{}` mean none. */
export function readCaches(input: Input): readonly CacheOptions[] | undefined {
  if (input.node.kind !== "list") {
    const cache = readCache(input);
    return cache === undefined
      ? undefined
      : cache.paths.length === 0 && !cache.untracked
        ? []
        : [cache];
  }
  if (input.node.items.length > limits.caches) {
    return invalid(input, `A job has at most ${limits.caches} caches.`);
  }
  return items(input)
    ?.map(readCache)
    .filter((cache) => cache !== undefined);
}

function readCache(input: Input): CacheOptions | undefined {
  const map = readClosedMap(input, "cache");
  if (map === undefined) return undefined;
  return {
    ...readKey(map),
    paths: read(map, "paths", readTextList) ?? [],
    untracked: read(map, "untracked", readBoolean) ?? false,
    policy: read(map, "policy", readPolicy) ?? "pull-push",
    when: read(map, "when", (when) => readOneOf(when, uploadWhen)) ?? "on_success",
    fallbackKeys: read(map, "fallback_keys", readTextList) ?? [],
  };
}

function readPolicy(input: Input): CacheOptions["policy"] | undefined {
  return readOneOf(input, policies);
}

function readKey(map: MapInput): Pick<CacheOptions, "key" | "keyFiles"> {
  const none = { key: "default" };
  return (
    read(map, "key", (input) => {
      if (input.node.kind !== "map") {
        const key = readText(input);
        if (key?.includes("/") || key === "." || key === "..") {
          return invalid(input, "A cache key cannot contain `/` and cannot be `.` or `..`.");
        }
        return key === undefined ? none : { key };
      }
      const key = readClosedMap(input, "cache:key");
      if (key === undefined) return none;
      const files = read(key, "files", readKeyFiles) ?? read(key, "files_commits", readKeyFiles);
      if (files === undefined) return invalid(input, "`key` needs `files`: one or two paths.");
      const prefix = read(key, "prefix", readText);
      return { ...none, keyFiles: { files, ...(prefix !== undefined && { prefix }) } };
    }) ?? none
  );
}

function readKeyFiles(input: Input): readonly string[] | undefined {
  const files = readTextList(input);
  if (files === undefined || (files.length >= 1 && files.length <= 2)) return files;
  return invalid(input, "`files` should have one or two paths.");
}
