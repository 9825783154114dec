import type { Command, PipelineEvent } from "#pipeline/event.ts";
import { type RecordedEvent, recordEvent } from "#pipeline/history.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { transition } from "#pipeline/transition.ts";
import { type Host, isoNow, type Ports, type Waiting } from "../deps.ts";

/** More conflicts than this in a row indicate a bug. */
const maxConflicts = 50;

/** Decides and saves without carrying out effects, for callers that must answer first. */
export async function applyEvents(
  deps: Pick<Ports, "store"> & Pick<Host, "now" | "log"> & Pick<Waiting, "announce">,
  pipelineId: number,
  events: readonly PipelineEvent[],
): Promise<{ readonly pipeline: Pipeline; readonly commands: readonly Command[] } | undefined> {
  for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
    const stored = await deps.store.pipelines.get(pipelineId);
    if (stored === undefined) return undefined;
    let pipeline = stored.value;
    const commands: Command[] = [];
    const added: RecordedEvent[] = [];
    for (const event of events) {
      const now = isoNow(deps);
      const step = transition(pipeline, event, now);
      if (step.pipeline !== pipeline) added.push(recordEvent(event, now));
      pipeline = step.pipeline;
      commands.push(...step.commands);
    }
    if (pipeline === stored.value) return { pipeline, commands };
    const history = { ...stored.history, added };
    if ((await deps.store.pipelines.save(pipeline, stored.version, history)) === "saved") {
      deps.announce(pipelineId);
      await revokeTokens(deps, stored.value, pipeline);
      return { pipeline, commands };
    }
  }
  throw new Error(`Pipeline ${pipelineId} could not be saved in ${maxConflicts} tries.`);
}

/**
 * Takes out the tokens of jobs that a runner no longer has. No door would take them any more, so one that stays
 * because this was cut off does no harm and goes by its own time.
 */
async function revokeTokens(
  deps: Pick<Ports, "store"> & Pick<Host, "log">,
  before: Pipeline,
  after: Pipeline,
): Promise<void> {
  const live = new Set(after.jobs.flatMap(({ tokenHash }) => tokenHash ?? []));
  const dead = before.jobs.flatMap(({ tokenHash }) =>
    tokenHash === undefined || live.has(tokenHash) ? [] : [tokenHash],
  );
  await Promise.all(
    dead.map((hash) =>
      deps.store.tokens.revoke(hash).catch((error: unknown) => {
        const cause = error instanceof Error ? error.message : String(error);
        deps.log("warn", "a dead job's token could not be taken out", { cause });
      }),
    ),
  );
}
