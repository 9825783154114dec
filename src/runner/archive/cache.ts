import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { JobContext } from "../executor/executor.ts";
import type { Workspace } from "../executor/workspace.ts";
import { messageOf } from "../job-failure.ts";
import type { JobCache, JobResponse } from "../protocol.ts";
import type { RetryOptions } from "../retry.ts";
import { askLeave, uploadDirectly } from "../service-client/direct-upload.ts";
import { downloadFile, uploadFile } from "../service-client/transfer.ts";
import type { Log } from "../trace/trace.ts";
import { compressionLevel, isWanted, untrackedOf } from "./settings.ts";

/** A job is right without its caches: a store that is away is not waited for. */
const patienceMilliseconds = 30_000;

const protectedSuffix = "-protected";
const unprotectedSuffix = "-non_protected";

/** Restores the first cache that is there under a cache's key or one of its fallbacks. Never fails a job. */
export async function restoreCaches(
  context: JobContext,
  workspace: Workspace,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const caches = context.job.cache.filter(({ policy }) => policy !== "push");
  if (caches.length === 0) return;
  log.sectionStart("restore_cache", "Restoring cache");
  try {
    for (const [index, cache] of caches.entries()) {
      await tolerate(log, "restored", signal, () =>
        restoreOne(
          context,
          workspace,
          cache,
          join(context.directory, `cache-${index}`),
          log,
          signal,
        ),
      );
    }
  } finally {
    log.sectionEnd("restore_cache");
  }
}

async function restoreOne(
  context: JobContext,
  workspace: Workspace,
  cache: JobCache,
  archive: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const key of keysToRestore(context, cache, log)) {
    log.line(`Checking cache for ${key}...`);
    const { status, sizeBytes } = await downloadFile(address(context, key), archive, {
      patienceMilliseconds,
      signal,
    });
    if (status === 404) {
      log.line(`There is no cache under ${key}`);
      continue;
    }
    if (status !== 200) throw new Error(`the service answered ${status}`);
    try {
      const entries = await workspace.unpack(archive, signal);
      log.line(`Successfully extracted cache (${entries} entries, ${sizeBytes} bytes)`);
      return;
    } finally {
      await rm(archive, { force: true });
    }
  }
}

/** GitLab Docs, "Caching in GitLab CI/CD": the key, `fallback_keys` in order, then CACHE_FALLBACK_KEY. */
function keysToRestore(context: JobContext, cache: JobCache, log: Log): readonly string[] {
  const { expandName, get } = context.variables;
  const key = cacheKey(context, cache.key);
  const keys = [key, ...(cache.fallback_keys ?? []).map(expandName)];
  const global = expandName((get("CACHE_FALLBACK_KEY") ?? "").replaceAll("$", "$$$$")).trim();
  const suffix = [protectedSuffix, unprotectedSuffix].find((ending) => key.endsWith(ending)) ?? "";
  if (global.endsWith(protectedSuffix)) {
    log.warning(`CACHE_FALLBACK_KEY may not end with ${protectedSuffix}; it is ignored.`);
  } else if (global !== "") {
    keys.push(global.endsWith(unprotectedSuffix) ? global : `${global}${suffix}`);
  }
  return [...new Set(keys)];
}

function cacheKey(context: JobContext, key: string): string {
  const expanded = context.variables.expandName(key);
  const isBare = expanded === protectedSuffix || expanded === unprotectedSuffix;
  return isBare ? `default${expanded}` : expanded;
}

export function cachesToSave(job: JobResponse, succeeded: boolean): readonly JobCache[] {
  return job.cache.filter(({ policy, when }) => policy !== "pull" && isWanted(when, succeeded));
}

/** Saves caches for later jobs. Never fails a job. */
export async function saveCaches(
  context: JobContext,
  workspace: Workspace,
  caches: readonly JobCache[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, cache] of caches.entries()) {
    await tolerate(log, "saved", signal, () =>
      saveOne(context, workspace, cache, join(context.directory, `cache-${index}`), log, signal),
    );
  }
}

async function saveOne(
  context: JobContext,
  workspace: Workspace,
  cache: JobCache,
  archive: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { variables } = context;
  const key = cacheKey(context, cache.key);
  log.line(`Creating cache ${key}...`);
  try {
    const sizeBytes = await workspace.pack(
      {
        format: "zip",
        level: compressionLevel(variables, "CACHE_COMPRESSION_LEVEL"),
        paths: cache.paths.map(variables.expand),
        exclude: [],
        ...(cache.untracked && { untracked: untrackedOf(context) }),
      },
      archive,
      log,
      signal,
    );
    if (sizeBytes === undefined) {
      log.line("There is nothing to keep in this cache");
      return;
    }
    await send(context, key, { file: archive, sizeBytes }, { patienceMilliseconds, signal });
    log.line(`Created cache (${sizeBytes} bytes)`);
  } finally {
    await rm(archive, { force: true });
  }
}

async function send(
  context: JobContext,
  key: string,
  upload: { readonly file: string; readonly sizeBytes: number },
  options: RetryOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const leave = await askLeave(
    address(context, key, "/authorize", `&filesize=${upload.sizeBytes}`),
    options,
  );
  if (leave.kind === "refused") throw new Error(leave.answer.message);
  if (leave.kind === "direct") {
    const stored = await uploadDirectly(leave, upload, options);
    if (!stored.ok) throw new Error(stored.answer.message);
    return;
  }
  const answer = await uploadFile("PUT", address(context, key), upload, options);
  if (answer.status !== 201) throw new Error(answer.message);
}

function address(context: JobContext, key: string, path = "", query = "") {
  const { settings, job } = context;
  return {
    url: `${settings.url}/api/slipway/cache${path}?key=${encodeURIComponent(key)}${query}`,
    headers: { "job-token": job.token },
  };
}

async function tolerate(
  log: Log,
  done: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    log.warning(`The cache could not be ${done}: ${messageOf(error)}`);
  }
}
