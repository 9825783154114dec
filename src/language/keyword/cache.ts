// GitLab Docs, "CI/CD YAML syntax reference": `cache`.
import { defined } from "../defined.ts";
import { limits } from "../limits.ts";
import type { CacheOptions } from "../plan.ts";
import { child } from "../tree/node.ts";
import {
  type Input,
  invalid,
  type MapInput,
  read,
  readBoolean,
  readClosedMap,
  readList,
  readOneOf,
  readString,
  readStrings,
} from "../tree/read.ts";
import { uploadWhen } from "./artifacts.ts";

/** As written: the policy may be a variable. */
export type CacheConfig = Omit<CacheOptions, "policy"> & {
  readonly policy: CacheOptions["policy"] | { readonly expression: string };
};

const policies = ["pull-push", "pull", "push"] as const;

/** One cache or a list of them; `[]` and `{}` mean none. */
export function readCaches(input: Input): readonly CacheConfig[] | undefined {
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
  return readList(input, readCache);
}

function readCache(input: Input): CacheConfig | undefined {
  const map = readClosedMap(input, "cache");
  if (map === undefined) return undefined;
  read(map, "unprotect", readBoolean);
  return {
    ...readKey(map),
    paths: read(map, "paths", readStrings) ?? [],
    untracked: read(map, "untracked", readBoolean) ?? false,
    policy: read(map, "policy", readPolicy) ?? "pull-push",
    when: read(map, "when", (when) => readOneOf(when, uploadWhen)) ?? "on_success",
    fallbackKeys: read(map, "fallback_keys", readFallbackKeys) ?? [],
  };
}

/** Also a variable; `decide.ts` puts its value in the place. */
function readPolicy(input: Input): CacheConfig["policy"] | undefined {
  const { node } = input;
  if (node.kind === "scalar" && node.text.includes("$")) return { expression: node.text };
  return readOneOf(input, policies);
}

/** The cache as planned; the problem with its `policy` where a variable has another value. */
export function withPolicy(
  cache: CacheConfig,
  expand: (text: string) => string,
): { readonly cache: CacheOptions; readonly problem?: string } {
  const { policy } = cache;
  if (typeof policy === "string") return { cache: { ...cache, policy } };
  const value = expand(policy.expression);
  const known = policies.find((one) => one === value);
  if (known !== undefined) return { cache: { ...cache, policy: known } };
  const problem = `\`policy\` is \`${value}\` here (${policy.expression}); it should be one of ${policies.join(", ")}.`;
  return { cache: { ...cache, policy: "pull-push" }, problem };
}

function readKey(map: MapInput): Pick<CacheOptions, "key" | "keyFiles"> {
  const none = { key: "default" };
  return (
    read(map, "key", (input) => {
      if (input.node.kind !== "map") {
        const key = readString(input);
        const path = key?.replaceAll(/%2f/gi, "/").replaceAll(/%2e/gi, ".");
        if (path?.includes("/") || path === "." || path === "..") {
          return invalid(
            input,
            "A cache key cannot contain `/` (or `%2F`) and cannot be `.` or `..`.",
          );
        }
        return key === undefined ? none : { key };
      }
      const key = readClosedMap(input, "cache:key");
      if (key === undefined) return none;
      if (child(key.node, "files") && child(key.node, "files_commits")) {
        return invalid(input, "`key` has either `files` or `files_commits`, not both.");
      }
      const files = read(key, "files", readKeyFiles) ?? read(key, "files_commits", readKeyFiles);
      if (files === undefined) {
        const isGiven = child(key.node, "files") ?? child(key.node, "files_commits");
        return isGiven ? none : invalid(input, "`key` needs `files`: one or two paths.");
      }
      const prefix = read(key, "prefix", readString);
      return { ...none, keyFiles: { files, ...defined({ prefix }) } };
    }) ?? none
  );
}

function readFallbackKeys(input: Input): readonly string[] | undefined {
  const keys = readStrings(input);
  if (keys === undefined || keys.length <= limits.fallbackKeys) return keys;
  return invalid(input, `A cache has at most ${limits.fallbackKeys} fallback keys.`);
}

function readKeyFiles(input: Input): readonly string[] | undefined {
  const files = readStrings(input);
  if (files === undefined || (files.length >= 1 && files.length <= 2)) return files;
  return invalid(input, "`files` should have one or two paths.");
}
