import {
  type EnvironmentObservation,
  type EnvironmentProvider,
  type EnvironmentSpec,
  EnvironmentWaitsError,
} from "#environment/environment.ts";
import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";

export type BuildFaults = {
  /** Events of EventBridge. */
  readonly eventLost: number;
  readonly eventDoubled: number;
  /** The build was started, and the answer that says so did not arrive. */
  readonly answerLost: number;
  /** The build ends before its runner could do anything. */
  readonly provisioningFails: number;
};

type Build = {
  state: "starting" | "running" | "ended";
  problem?: string;
  readonly startedAt: number;
};

export type CodeBuildModel = EnvironmentProvider & {
  readonly counts: {
    accepted: number;
    refused: number;
    observed: number;
    stopped: number;
    most: number;
  };
  /** Of all builds until now. */
  readonly buildSeconds: () => number;
};

/** A build goes through its last phases for so long after its runner left or was stopped. */
const finalizingMilliseconds = 6_000;

/**
 * CodeBuild as the service sees it: a limit of builds at a time, a start for each name, provisioning that takes
 * 30 to 180 s, and events about which nothing is promised.
 */
export function codeBuildModel(options: {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly faults: BuildFaults;
  readonly limit: number;
  /** The program inside; resolves when it leaves. */
  readonly runner: (spec: EnvironmentSpec, leave: () => void) => Promise<void>;
  /** What the rule for build events does. */
  readonly notify: (pipelineId: number) => Promise<void>;
}): CodeBuildModel {
  const { clock, chance, faults, limit } = options;
  const builds = new Map<string, Build>();
  const counts = { accepted: 0, refused: 0, observed: 0, stopped: 0, most: 0 };
  let active = 0;
  let milliseconds = 0;
  let events = 0;

  function announce(pipelineId: number): void {
    const name = `event ${events++}`;
    const send = () => options.notify(pipelineId);
    if (!chance.happens(`${name} lost`, faults.eventLost)) {
      clock.after(chance.between(`${name} delay`, 300, 5_000), send);
    }
    if (chance.happens(`${name} doubled`, faults.eventDoubled)) {
      clock.after(chance.between(`${name} again`, 1_000, 60_000), send);
    }
  }

  function end(id: string, pipelineId: number, problem?: string): void {
    const build = builds.get(id);
    if (build === undefined || build.state === "ended") return;
    build.state = "ended";
    if (problem !== undefined) build.problem = problem;
    active -= 1;
    milliseconds += clock.now() - build.startedAt;
    announce(pipelineId);
  }

  function begin(spec: EnvironmentSpec): void {
    const { id, pipelineId } = spec;
    active += 1;
    counts.accepted += 1;
    counts.most = Math.max(counts.most, active);
    builds.set(id, { state: "starting", startedAt: clock.now() });
    clock.after(chance.between(`${id} provisioning`, 30_000, 180_000), async () => {
      const build = builds.get(id);
      if (build?.state !== "starting") return;
      if (chance.happens(`${id} fails`, faults.provisioningFails)) {
        end(id, pipelineId, "CodeBuild says PROVISIONING: FAULT");
        return;
      }
      build.state = "running";
      announce(pipelineId);
      await options.runner(spec, () =>
        clock.after(finalizingMilliseconds, async () => end(id, pipelineId)),
      );
    });
  }

  function observationOf(id: string): EnvironmentObservation {
    const build = builds.get(id);
    if (build === undefined) return { state: "unknown" };
    if (build.state !== "ended") return { state: build.state, handle: `slipway:${id}` };
    return { state: "ended", ...(build.problem && { problem: build.problem }) };
  }

  return {
    counts,
    buildSeconds: () => milliseconds / 1000,
    start: async (spec) => {
      const handle = `slipway:${spec.id}`;
      if (builds.has(spec.id)) return { handle };
      if (active >= limit) {
        counts.refused += 1;
        throw new EnvironmentWaitsError("CodeBuild runs as many builds as it may");
      }
      begin(spec);
      if (chance.happens(`${spec.id} answer`, faults.answerLost)) throw new Error("socket hang up");
      return { handle };
    },
    observe: async (refs) => {
      counts.observed += 1;
      return new Map(refs.map(({ id }) => [id, observationOf(id)]));
    },
    stop: async ({ id }) => {
      if (builds.get(id)?.state === "ended" || !builds.has(id)) return;
      counts.stopped += 1;
      const pipelineId = Number(/^p(\d+)-/.exec(id)?.[1] ?? 0);
      clock.after(finalizingMilliseconds, async () => end(id, pipelineId, "stopped"));
    },
    list: async () => [...builds].flatMap(([id, { state }]) => (state === "ended" ? [] : [{ id }])),
  };
}
