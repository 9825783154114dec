import { didYouMean } from "#language/tree/nearest.ts";
import { type ScriptedEvent, scriptedEvents } from "#pipeline/simulate.ts";
import { CliError, exitCodes } from "../failure.ts";
import { readBounded } from "./bounded-text.ts";

const form = `[{"event": "${scriptedEvents.join("|")}", "jobs": ["build"]}]`;

/** Reads scripted events from a file or standard input (`-`); no `jobs` means the whole pipeline. */
export async function readEvents(file: string): Promise<readonly ScriptedEvent[]> {
  const text = await readBounded(file).catch((cause) => {
    throw new CliError(
      `The events in ${file} cannot be read: is the file there?`,
      exitCodes.absent,
      {
        cause,
      },
    );
  });
  return parseEvents(text, file);
}

export function parseEvents(text: string, file: string): readonly ScriptedEvent[] {
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${file} is not JSON: ${why}`, exitCodes.usage, { cause });
  }
  if (!Array.isArray(events)) throw wrong(file, `it should be a list: ${form}`);
  return events.map((event, index) => parseEvent(event, `event ${index + 1}`, file));
}

/** Refuses events for jobs that the pipeline does not have: a slip, or left out by conditions. */
export function checkEvents(events: readonly ScriptedEvent[], jobs: readonly string[]): void {
  const known = new Set(jobs);
  for (const name of events.flatMap((event) => event.jobs ?? [])) {
    if (known.has(name)) continue;
    const help = helpWith(name, jobs);
    const message = `There is no job \`${name}\` in this pipeline.${help} It has: ${jobs.join(", ")}.`;
    throw new CliError(message, exitCodes.usage);
  }
}

function helpWith(name: string, jobs: readonly string[]): string {
  const isParallel = jobs.some((job) => /^(?: \d+\/\d+|: \[.*\])$/s.test(rest(job, name)));
  if (isParallel) return ` \`${name}\` is parallel: name its instances.`;
  return didYouMean(name, jobs);
}

function rest(job: string, start: string): string {
  return job.startsWith(start) ? job.slice(start.length) : "";
}

function parseEvent(event: unknown, where: string, file: string): ScriptedEvent {
  if (typeof event !== "object" || event === null || !("event" in event)) {
    throw wrong(file, `${where} should look like this: ${form}`);
  }
  const unknown = Object.keys(event).find((key) => key !== "event" && key !== "jobs");
  if (unknown !== undefined) throw wrong(file, `${where} has an unknown key \`${unknown}\``);
  const name = scriptedEvents.find((known) => known === event.event);
  if (name === undefined) {
    const given = JSON.stringify(event.event);
    throw wrong(file, `${where} is ${given}, not one of ${scriptedEvents.join(", ")}`);
  }
  const jobs = "jobs" in event ? event.jobs : undefined;
  if (jobs === undefined) return { event: name };
  if (Array.isArray(jobs) && jobs.every((job) => typeof job === "string")) {
    return { event: name, jobs };
  }
  throw wrong(file, `\`jobs\` of ${where} should be a list of job names`);
}

function wrong(file: string, what: string): CliError {
  return new CliError(`${file}: ${what}.`, exitCodes.usage);
}
