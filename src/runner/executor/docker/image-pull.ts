import { createInterface } from "node:readline";
import type Docker from "dockerode";
import { engineMessage, statusOf } from "#engine/error.ts";
import { formatImageRef, parseImageRef } from "#image/image-ref.ts";
import { JobFailure } from "../../job-failure.ts";
import type { JobImage } from "../../protocol.ts";
import type { RegistryAuth } from "../../registry/auth.ts";
import { sleep } from "../../retry.ts";
import type { Log } from "../../trace/trace.ts";
import { engineFailure } from "../engine-client.ts";

/** What the runner needs to know of an image that is there. */
export type PresentImage = {
  readonly entrypoint: readonly string[];
  /** TCP ports, lowest first. */
  readonly exposedPorts: readonly number[];
};

export type ImageRequest = {
  /** As the job names it. */
  readonly name: string;
  /** Complete, with registry and tag. */
  readonly ref: string;
  readonly registry: string;
  readonly policies: readonly ("always" | "if-not-present" | "never")[];
  readonly platform?: string;
  readonly auth: RegistryAuth | undefined;
};

/** Makes images present for jobs, by pull policy; remembers for a while what it has just pulled. */
export type ImageStore = {
  readonly ensure: (request: ImageRequest, log: Log, stop: AbortSignal) => Promise<PresentImage>;
};

/** A tag is asked for again only after this time: a warm environment does not ask per job. */
const FRESH_MILLISECONDS = 60_000;
/** A registry that does not even begin to answer is not waited for when the image is here. */
const FIRST_WORD_MILLISECONDS = 4_000;
const PULL_ATTEMPTS = 3;
const DEFAULT_POLICIES = ["always", "if-not-present"] as const;

/** Says that trying again cannot help: the registry answered, and its answer was no. */
const REFUSED =
  /not found|manifest unknown|denied|unauthorized|no basic auth|authentication required|does not exist|invalid reference|no matching manifest/i;

export function imageStore(engine: Docker, dockerHost: string): ImageStore {
  const pulledAt = new Map<string, number>();
  const unreachableUntil = new Map<string, number>();

  async function inspect(name: string): Promise<PresentImage | undefined> {
    try {
      const { Config } = await engine.getImage(name).inspect();
      return {
        entrypoint: [Config?.Entrypoint ?? []].flat(),
        exposedPorts: tcpPorts(Config?.ExposedPorts ?? {}),
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw engineFailure(error, `Looking for the image ${name}`, dockerHost);
    }
  }

  async function pull(
    request: ImageRequest,
    log: Log,
    stop: AbortSignal,
    present: boolean,
  ): Promise<void> {
    log.line(`Pulling docker image ${request.name} ...`);
    for (let attempt = 1; ; attempt++) {
      const failure = await attemptPull(engine, request, stop, present);
      stop.throwIfAborted();
      if (failure === undefined) {
        pulledAt.set(pullKey(request), performance.now());
        return;
      }
      const refused = REFUSED.test(failure);
      if (refused || present || attempt >= PULL_ATTEMPTS) {
        if (!refused) {
          unreachableUntil.set(request.registry, performance.now() + FRESH_MILLISECONDS);
        }
        throw new JobFailure(
          refused ? "image_pull_failure" : "runner_system_failure",
          `Failed to pull the image "${request.name}": ${failure}. ${
            refused
              ? "Check its name and tag, and the credentials (DOCKER_AUTH_CONFIG)."
              : "Its registry cannot be reached from this environment."
          }`,
        );
      }
      log.warning(`Pulling ${request.name} failed (${failure}). Trying again.`);
      await sleep(attempt * 1_000, stop);
    }
  }

  return {
    ensure: async (request, log, stop) => {
      const policies = request.policies.length > 0 ? request.policies : DEFAULT_POLICIES;
      const name = request.ref;
      let failure: JobFailure | undefined;
      for (const policy of policies) {
        const present = await inspect(name);
        if (present !== undefined && policy !== "always") {
          if (failure) log.warning(`${failure.message} The image that is present here is used.`);
          return present;
        }
        const recently = performance.now() - (pulledAt.get(pullKey(request)) ?? -Infinity);
        if (present !== undefined && recently < FRESH_MILLISECONDS) return present;
        if (policy === "never") continue;
        if (present === undefined && failure !== undefined) continue;
        if (
          present !== undefined &&
          performance.now() < (unreachableUntil.get(request.registry) ?? 0)
        ) {
          continue;
        }
        try {
          await pull(request, log, stop, present !== undefined);
          const pulled = await inspect(name);
          if (pulled !== undefined) return pulled;
        } catch (error) {
          stop.throwIfAborted();
          failure = engineFailure(error, `Pulling the image ${name}`, dockerHost);
        }
      }
      throw (
        failure ??
        new JobFailure(
          "image_pull_failure",
          `The image "${request.name}" is not here, and its pull policy (${policies.join(", ")}) does not let it be pulled.`,
        )
      );
    },
  };
}

/** Undefined once the image is there, else what the engine said. */
async function attemptPull(
  engine: Docker,
  request: ImageRequest,
  stop: AbortSignal,
  present: boolean,
): Promise<string | undefined> {
  const silence = new AbortController();
  const timer = present ? setTimeout(() => silence.abort(), FIRST_WORD_MILLISECONDS) : undefined;
  try {
    const stream = await engine.createImage(request.auth ?? {}, {
      fromImage: request.ref,
      ...(request.platform && { platform: request.platform }),
      abortSignal: AbortSignal.any([stop, silence.signal]),
    });
    for await (const line of createInterface({ input: stream })) {
      clearTimeout(timer);
      const event: unknown = JSON.parse(line);
      if (typeof event === "object" && event !== null && "error" in event)
        return String(event.error);
    }
    return undefined;
  } catch (error) {
    return silence.signal.aborted
      ? `its registry did not answer within ${FIRST_WORD_MILLISECONDS / 1000} s`
      : engineMessage(error);
  } finally {
    clearTimeout(timer);
  }
}

function pullKey(request: ImageRequest): string {
  return `${request.platform ?? ""} ${request.ref}`;
}

function tcpPorts(exposed: Readonly<Record<string, unknown>>): number[] {
  return Object.keys(exposed)
    .flatMap((port) => /^(\d+)(?:\/tcp)?$/.exec(port)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** An image or service of a job as a request, its name expanded. */
export function imageRequest(
  image: JobImage,
  expand: (text: string) => string,
  findAuth: (registry: string) => RegistryAuth | undefined,
): ImageRequest {
  const name = expand(image.name).trim();
  const parsed = parseImageRef(name);
  if (!parsed.ok) {
    const written = image.name === name ? "" : ` (written as \`${image.name}\`)`;
    throw new JobFailure(
      "script_failure",
      `The image cannot be used: ${parsed.message}${written}.`,
    );
  }
  const platform = expand(image.executor_opts?.docker?.platform ?? "");
  return {
    name,
    ref: formatImageRef(parsed.imageRef),
    registry: parsed.imageRef.registry,
    policies: image.pull_policy ?? [],
    ...(platform && { platform }),
    auth: findAuth(parsed.imageRef.registry),
  };
}
