import type { EnvironmentSpec } from "#environment/environment.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { exchangeTicket } from "#service/runner-api/exchange-ticket.ts";
import { requestJob } from "#service/runner-api/request-job.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";

const pollMilliseconds = 1_500;
/** A runner says so often that it is at work. */
const aliveMilliseconds = 60_000;

export type RunnerFaults = {
  /** A job was given to a runner that did not hear of it. */
  readonly jobAnswerLost: number;
  /** The end of a job was heard, and its runner says it again. */
  readonly endRepeated: number;
};

/**
 * A runner in a build: exchanges its ticket, asks for jobs, works for 20 to 180 s at each and leaves when told to.
 * `ran` hears of every script that is run.
 */
export function runnerModel(options: {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly faults: RunnerFaults;
  readonly deps: () => ServiceDeps;
  readonly ran: (pipelineId: number, job: string) => void;
}): (spec: EnvironmentSpec, leave: () => void) => Promise<void> {
  const { clock, chance, faults, ran } = options;
  return async (spec, leave) => {
    const deps = options.deps();
    const exchange = await exchangeTicket(deps, spec.ticket);
    if (exchange === "refused") {
      leave();
      return;
    }
    const { token } = exchange;
    let asked = 0;
    let atWork = 0;

    const ask = async (): Promise<void> => {
      const name = `${spec.id} question ${asked++}`;
      const answer = await requestJob(deps, token, running());
      if (answer.answer === "job" && !chance.happens(name, faults.jobAnswerLost)) {
        atWork += 1;
        jobs.add(answer.job.id);
        work(answer.job.id, answer.job.token, answer.job.job_info.name);
        if (atWork < spec.capacity) await ask();
      } else if (answer.answer === "job" || answer.answer === "none") {
        clock.after(pollMilliseconds, ask);
      } else if (atWork === 0) {
        leave();
      }
    };
    const jobs = new Set<number>();
    const running = () => [...jobs];

    const work = (jobId: number, jobToken: string, name: string): void => {
      ran(spec.pipelineId, name);
      const until = clock.now() + chance.between(`${spec.pipelineId} ${name}`, 20_000, 180_000);
      const goOn = async (): Promise<void> => {
        const left = until - clock.now();
        if (left > 0) {
          await updateJob(deps, jobId, jobToken, { state: "running" });
          clock.after(Math.min(left, aliveMilliseconds), goOn);
          return;
        }
        await updateJob(deps, jobId, jobToken, { state: "success" });
        if (chance.happens(`${jobId} again`, faults.endRepeated)) {
          await updateJob(deps, jobId, jobToken, { state: "success" });
        }
        jobs.delete(jobId);
        atWork -= 1;
        await ask();
      };
      clock.after(Math.min(until - clock.now(), aliveMilliseconds), goOn);
    };
    await ask();
  };
}
