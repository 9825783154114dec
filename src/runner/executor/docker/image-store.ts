import type Docker from "dockerode";
import { statusOf } from "#engine/error.ts";
import { JobFailure } from "../../job-failure.ts";
import { sleep } from "../../retry.ts";
import type { Log } from "../../trace/trace.ts";
import { engineFailure } from "../engine-client.ts";
import { type ImageRequest, pullKey } from "./image-request.ts";
import { askForImage, attemptPull } from "./pull-attempt.ts";
import { readPullFailure } from "./pull-failure.ts";

/** What the runner needs to know of an image that is there. */
export type PresentImage = {
  readonly entrypoint: readonly string[];
  /** TCP ports, lowest first. */
  readonly exposedPorts: readonly number[];
  /** `name@digest` for each repository that it was pulled from or pushed to. */
  readonly repoDigests: readonly string[];
};

/**
 * Makes images present for jobs, by pull policy. What is here already may be somebody else's: a registry that refuses
 * ends the job, only one that cannot be reached is done without. What was pulled a moment ago is remembered.
 */
export type ImageStore = {
  readonly ensure: (request: ImageRequest, log: Log, stop: AbortSignal) => Promise<PresentImage>;
};

export type ImageStoreOptions = {
  readonly dockerHost: string;
  /** Whether images of other projects lie on the engine. */
  readonly shared: boolean;
};

/** A tag is asked for again only after this time: a warm environment does not ask per job. */
const FRESH_MILLISECONDS = 60_000;
const PULL_ATTEMPTS = 3;
const DEFAULT_POLICIES = ["always", "if-not-present"] as const;

export function imageStore(engine: Docker, options: ImageStoreOptions): ImageStore {
  const { dockerHost, shared } = options;
  const allowedAt = new Map<string, number>();
  const unreachableUntil = new Map<string, number>();

  async function inspect(name: string): Promise<PresentImage | undefined> {
    try {
      const { Config, RepoDigests } = await engine.getImage(name).inspect();
      return {
        entrypoint: [Config?.Entrypoint ?? []].flat(),
        exposedPorts: tcpPorts(Config?.ExposedPorts ?? {}),
        repoDigests: RepoDigests ?? [],
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw engineFailure(error, `Looking for the image ${name}`, dockerHost);
    }
  }

  /** Undefined once it is pulled; the failure of a registry that cannot be reached. Throws whatever ends the job. */
  async function pull(
    request: ImageRequest,
    log: Log,
    stop: AbortSignal,
    present: boolean,
  ): Promise<JobFailure | undefined> {
    if (present && performance.now() < (unreachableUntil.get(request.registry) ?? 0))
      return unreachable(request, "it could not be reached a moment ago");
    log.line(`Pulling docker image ${request.name} ...`);
    for (let attempt = 1; ; attempt++) {
      const failure = await attemptPull(engine, request, stop, present);
      stop.throwIfAborted();
      if (failure === undefined) {
        allowedAt.set(pullKey(request), performance.now());
        return undefined;
      }
      const kind = readPullFailure(failure, request.ref);
      if (kind === "refused") throw refused(request, failure);
      const isLast = attempt >= PULL_ATTEMPTS || (present && kind === "unreachable");
      if (isLast && kind === "failed") throw unreachable(request, failure);
      if (isLast) {
        unreachableUntil.set(request.registry, performance.now() + FRESH_MILLISECONDS);
        return unreachable(request, failure);
      }
      log.warning(`Pulling ${request.name} failed (${failure}). Trying again.`);
      await sleep(attempt * 1_000, stop);
    }
  }

  /** Why this job may not use what is here without a pull; undefined if it may. */
  async function whyNot(request: ImageRequest, image: PresentImage): Promise<Doubt | undefined> {
    if (!shared) return undefined;
    const repository = `${request.registry}/${request.repository}`.replace(
      /^docker\.io\/(?:library\/)?/,
      "",
    );
    const digest = image.repoDigests
      .find((known) => known.startsWith(`${repository}@`))
      ?.slice(repository.length + 1);
    if (digest === undefined) {
      const failure = refused(request, "the image here was not pulled from its registry");
      return { kind: "unknown", failure };
    }
    const failure = await askForImage(engine, request, digest);
    if (failure === undefined) {
      allowedAt.set(pullKey(request), performance.now());
      return undefined;
    }
    return readPullFailure(failure, request.ref) === "unreachable"
      ? { kind: "unreachable", failure: unreachable(request, failure) }
      : { kind: "refused", failure: refused(request, failure) };
  }

  function wasAllowed(request: ImageRequest): boolean {
    const at = allowedAt.get(pullKey(request)) ?? Number.NEGATIVE_INFINITY;
    return performance.now() - at < FRESH_MILLISECONDS;
  }

  /** Other projects' images lie in the installation's own registry, whatever keeps it from answering. */
  function mayDoWithoutRegistry(request: ImageRequest): boolean {
    return !shared || request.owner !== "other";
  }

  return {
    ensure: async (request, log, stop) => {
      const policies = request.policies.length > 0 ? request.policies : DEFAULT_POLICIES;
      let doubt: Doubt | undefined;
      for (const policy of policies) {
        const present = await inspect(request.ref);
        if (present === undefined && (policy === "never" || doubt !== undefined)) continue;
        if (present !== undefined && wasAllowed(request)) return present;
        if (present !== undefined && policy !== "always") {
          doubt ??= await whyNot(request, present);
          stop.throwIfAborted();
          if (doubt === undefined) return present;
          if (doubt.kind === "unreachable" && mayDoWithoutRegistry(request))
            return withoutRegistry(present, doubt.failure, log);
          if (policy === "never" || doubt.kind === "unreachable") continue;
        }
        try {
          const failure = await pull(request, log, stop, present !== undefined);
          if (failure !== undefined) {
            const may = doubt?.kind !== "refused" && mayDoWithoutRegistry(request);
            if (present !== undefined && policy === "if-not-present" && may)
              return withoutRegistry(present, failure, log);
            doubt = { kind: doubt?.kind === "refused" ? "refused" : "unreachable", failure };
            continue;
          }
        } catch (error) {
          stop.throwIfAborted();
          throw engineFailure(error, `Pulling the image ${request.ref}`, dockerHost);
        }
        const pulled = await inspect(request.ref);
        if (pulled !== undefined) return pulled;
      }
      throw (
        doubt?.failure ??
        new JobFailure(
          "image_pull_failure",
          `The image "${request.name}" is not here, and its pull policy (${policies.join(", ")}) does not let it be pulled.`,
        )
      );
    },
  };
}

/** Why a job may not use the image that is here; `unknown`: nobody has asked the registry yet. */
type Doubt = {
  readonly kind: "unknown" | "refused" | "unreachable";
  readonly failure: JobFailure;
};

function withoutRegistry(present: PresentImage, { message }: JobFailure, log: Log): PresentImage {
  log.warning(`${message} The image that is present here is used.`);
  return present;
}

function refused(request: ImageRequest, why: string): JobFailure {
  return new JobFailure(
    "image_pull_failure",
    `Failed to pull the image "${request.name}": ${why}. Check its name and tag, and the credentials (DOCKER_AUTH_CONFIG).`,
  );
}

function unreachable(request: ImageRequest, why: string): JobFailure {
  return new JobFailure(
    "runner_system_failure",
    `Failed to pull the image "${request.name}": ${why}. Its registry cannot be reached from this environment.`,
  );
}

function tcpPorts(exposed: Readonly<Record<string, unknown>>): number[] {
  return Object.keys(exposed)
    .flatMap((port) => /^(\d+)(?:\/tcp)?$/.exec(port)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
