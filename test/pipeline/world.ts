import { availableJobs, environmentMayExit } from "#pipeline/availability.ts";
import { isUnrecorded } from "#pipeline/deployments.ts";
import type { Command, PipelineEvent } from "#pipeline/event.ts";
import { currentJobs, findJob } from "#pipeline/jobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isReported, reportOf, untoldReports } from "#pipeline/report.ts";
import { isActive, isCompleted, type Status } from "#pipeline/status.ts";
import { transition } from "#pipeline/transition.ts";
import type { Outcomes } from "./arbitrary.ts";
import { at } from "./build.ts";
import { flaws, frozen } from "./legal.ts";

/** Chances of mishaps, 0 to 1, and how many machines may die at most. */
export type Mishaps = {
  readonly loseCommand: number;
  readonly repeatCommand: number;
  readonly loseEvent: number;
  readonly repeatEvent: number;
  readonly delayEvent: number;
  readonly deaths: number;
};

export const undisturbed: Mishaps = {
  loseCommand: 0,
  repeatCommand: 0,
  loseEvent: 0,
  repeatEvent: 0,
  delayEvent: 0,
  deaths: 0,
};

type Machine = {
  state: "starting" | "up" | "gone";
  readonly jobs: Set<number>;
  problem?: string;
};

type Child = { readonly id: number; status: Status };

export type Outcome = {
  readonly pipeline: Pipeline;
  /** Machines that ever started, by id: a second start of one id is the same machine. */
  readonly machines: ReadonlyMap<string, Machine>;
  readonly posted: readonly string[];
  readonly ticks: number;
};

/**
 * A service, machines and runners around the engine, in small steps of time. Every tick the service looks;
 * what happens out there reaches it late, twice or not at all. Runners speak for themselves: they repeat a
 * job's end until it is heard.
 */
export function runWorld(
  initial: Pipeline,
  outcomes: Outcomes,
  mishaps: Mishaps,
  random: () => number,
): Outcome {
  let pipeline = frozen(initial);
  let deaths = mishaps.deaths;
  let seconds = 0;
  const machines = new Map<string, Machine>();
  const mail: PipelineEvent[] = [];
  const posted: string[] = [];
  const holders = new Map<string, number>();
  const children = new Map<number, Child>();
  const happens = (chance: number) => chance > 0 && random() < chance;

  const apply = (event: PipelineEvent) => {
    const result = transition(pipeline, event, at(seconds));
    pipeline = frozen(result.pipeline);
    const wrong = flaws(pipeline);
    if (wrong.length > 0) throw new Error(`after ${event.type}: ${wrong.join("; ")}`);
    for (const command of result.commands) {
      if (happens(mishaps.loseCommand)) continue;
      carryOut(command);
      if (happens(mishaps.repeatCommand)) carryOut(command);
    }
  };
  const send = (event: PipelineEvent) => {
    if (happens(mishaps.loseEvent)) return;
    mail.push(event);
    if (happens(mishaps.repeatEvent)) mail.push(event);
  };
  const carryOut = (command: Command) => {
    switch (command.type) {
      case "start_environment": {
        const { id } = command.environment;
        if (!machines.has(id)) machines.set(id, { state: "starting", jobs: new Set() });
        send({ type: "environment_started", environmentId: id, handle: `machine ${id}` });
        return;
      }
      case "stop_environment": {
        const machine = machines.get(command.environmentId);
        if (machine !== undefined) machine.state = "gone";
        send({ type: "environment_ended", environmentId: command.environmentId });
        return;
      }
      case "acquire_resource": {
        const holder = holders.get(command.resourceGroup);
        if (holder !== undefined && holder !== command.jobId) return;
        holders.set(command.resourceGroup, command.jobId);
        send({ type: "resource_acquired", jobId: command.jobId });
        return;
      }
      case "release_resource":
        if (holders.get(command.resourceGroup) === command.jobId) {
          holders.delete(command.resourceGroup);
        }
        return;
      case "post_status":
        for (const { context, state, description } of untoldReports(pipeline)) {
          posted.push(state);
          send({ type: "status_posted", context, state, description });
        }
        return;
      case "create_child": {
        const { jobId } = command;
        if (!children.has(jobId)) children.set(jobId, { id: 10_000 + jobId, status: "created" });
        send({ type: "child_created", jobId, childPipelineId: 10_000 + jobId });
        return;
      }
      case "cancel_child": {
        const [jobId, child] =
          [...children].find(([, { id }]) => id === command.childPipelineId) ?? [];
        if (jobId === undefined || child === undefined || isCompleted(child.status)) return;
        child.status = "canceled";
        tellOf(jobId, child);
        return;
      }
      case "check_child": {
        const child = children.get(command.jobId);
        if (child !== undefined) tellOf(command.jobId, child);
        return;
      }
      case "record_deployment":
        send({ ...command, type: "deployment_recorded" });
        return;
      case "tell_parent":
      case "free_place":
      case "look_at":
      case "jobs_ready":
        return;
    }
  };
  const tellOf = (jobId: number, child: Child) =>
    send({ type: "child_changed", jobId, childPipelineId: child.id, status: child.status });
  const goOn = (jobId: number, child: Child) => {
    if (isCompleted(child.status) || random() < 0.5) return;
    const job = findJob(pipeline, jobId);
    const passes = outcomes.get(job?.name ?? "")?.[0] ?? true;
    child.status = child.status === "created" ? "running" : passes ? "success" : "failed";
    tellOf(jobId, child);
  };
  const deliver = () => {
    for (const event of mail.splice(0)) {
      if (happens(mishaps.delayEvent)) mail.push(event);
      else apply(event);
    }
  };
  const observe = () => {
    for (const environment of pipeline.environments) {
      const machine = machines.get(environment.id);
      if (environment.state === "ended" || machine?.state !== "gone") continue;
      const problem = machine.problem;
      send({
        type: "environment_ended",
        environmentId: environment.id,
        ...(problem !== undefined && { problem }),
      });
    }
  };
  const work = (id: string, machine: Machine) => {
    if (machine.state === "starting" && random() < 0.5) {
      machine.state = "up";
      send({ type: "environment_running", environmentId: id });
    }
    if (machine.state !== "up") return;
    if (deaths > 0 && random() < 0.15) {
      deaths -= 1;
      machine.state = "gone";
      machine.problem = "died";
      return;
    }
    for (const jobId of machine.jobs) finishOrGoOn(jobId, machine);
    const [next] = availableJobs(pipeline, id);
    if (next !== undefined) {
      apply({
        type: "job_taken",
        jobId: next.id,
        environmentId: id,
        tokenHash: `${id} ${next.id}`,
      });
      machine.jobs.add(next.id);
    } else if (machine.jobs.size === 0 && environmentMayExit(pipeline, id)) {
      machine.state = "gone";
    }
  };
  const finishOrGoOn = (jobId: number, machine: Machine) => {
    const job = findJob(pipeline, jobId);
    if (job?.status !== "running" && job?.status !== "canceling") {
      machine.jobs.delete(jobId);
      return;
    }
    if (random() < 0.5) {
      apply({ type: "job_contact", jobId });
      return;
    }
    const passes = outcomes.get(job.name)?.[job.attempt] ?? true;
    if (happens(mishaps.loseEvent)) return;
    const end: PipelineEvent = passes
      ? { type: "job_finished", jobId, state: "success", exitCode: 0 }
      : { type: "job_finished", jobId, state: "failed", exitCode: 1 };
    apply(end);
    if (happens(mishaps.repeatEvent)) mail.push(end);
  };

  for (let tick = 1; tick <= 600; tick += 1) {
    seconds += 10;
    apply({ type: "look" });
    observe();
    for (const [id, machine] of machines) work(id, machine);
    for (const [jobId, child] of children) goOn(jobId, child);
    deliver();
    if (mail.length === 0 && isQuiet(pipeline)) return { pipeline, machines, posted, ticks: tick };
  }
  throw new Error(`not quiet after 600 ticks: ${JSON.stringify(pipeline, null, 1)}`);
}

/** Nothing more happens by itself. */
function isQuiet(pipeline: Pipeline): boolean {
  return (
    pipeline.status !== "created" &&
    !currentJobs(pipeline).some((job) => isActive(job.status) || job.status === "scheduled") &&
    pipeline.environments.every((environment) => environment.state === "ended") &&
    !pipeline.jobs.some(isUnrecorded) &&
    isReported(pipeline, reportOf(pipeline))
  );
}

/** A small random source with a seed (mulberry32), so that a run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
