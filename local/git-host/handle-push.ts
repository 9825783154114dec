import { setTimeout as sleep } from "node:timers/promises";
import { diagnosticText } from "#language/diagnostic.ts";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { Host, Installation, Ports, Waiting } from "#service/deps.ts";
import { oneLine } from "#terminal/readable.ts";
import { followPipeline } from "./follow-push.ts";

/** A signed event, as the door for webhooks takes it. */
export type SignedEvent = { readonly headers: Headers; readonly body: Uint8Array };

const waitMilliseconds = 60_000;
const firstPauseMilliseconds = 10;
/** Many pushes that wait at once must not keep the service from making their pipelines. */
const longestPauseMilliseconds = 500;

/** One updated ref on its way through the door. */
export type SentPush = {
  readonly project: string;
  readonly ref: string;
  readonly deliveryId: string;
  /** Why the door did not take it. */
  readonly refused?: string;
};

/** Sends one updated ref through the same door as any other forge's push. */
export async function sendPush(
  deps: Pick<Host, "log">,
  door: string,
  push: Omit<SentPush, "refused">,
  event: SignedEvent,
): Promise<SentPush> {
  const { project, ref } = push;
  const response = await fetch(`${door}/webhooks/local/${project}`, {
    method: "POST",
    headers: event.headers,
    body: new Uint8Array(event.body),
  }).catch((error: unknown) => String(error));
  if (typeof response !== "string" && response.status === 202) return push;
  const refused = typeof response === "string" ? response : `HTTP ${response.status}`;
  deps.log("error", "a push could not be delivered", { project, ref, why: refused });
  return { ...push, refused };
}

/** Tells the pusher what came of it: the lines appear behind `remote:` in the push. */
export async function* tellPusher(
  deps: Pick<Ports, "store" | "blobs"> &
    Pick<Installation, "server"> &
    Pick<Host, "now"> &
    Pick<Waiting, "waitForChange">,
  push: SentPush,
  options: {
    readonly follow: boolean;
    /** How to open the page of a pipeline, where the pusher is to be told. */
    readonly signIn?: string;
  },
): AsyncIterable<string> {
  if (push.refused !== undefined) {
    yield `\nSlipway could not take this push in (${push.refused}). It will try again by itself.\n\n`;
    return;
  }
  const outcomes = await waitForOutcomes(deps, push);
  if (outcomes === undefined) {
    yield `\nThe pipeline for ${oneLine(push.ref)} is being made; it will be at\n  ${deps.server.url}/\n\n`;
    return;
  }
  for (const [index, outcome] of outcomes.entries()) {
    yield* describe(deps, push.ref, outcome);
    if (index === 0 && outcome.result === "created" && options.signIn !== undefined)
      yield `  ${options.signIn}\n\n`;
    if (options.follow && outcome.result === "created")
      yield* followPipeline(deps, outcome.pipelineId);
  }
}

/** Undefined when they take too long to wait for. */
async function waitForOutcomes(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  { project, deliveryId }: SentPush,
): Promise<readonly CreateOutcome[] | undefined> {
  const until = deps.now() + waitMilliseconds;
  for (let pause = firstPauseMilliseconds; deps.now() < until; pause *= 1.3) {
    const delivery = await deps.store.deliveries.get({ forge: "local", project }, deliveryId);
    if (delivery?.state === "done") return delivery.outcomes ?? [];
    await sleep(Math.min(pause, longestPauseMilliseconds));
  }
  return undefined;
}

async function* describe(
  deps: Pick<Ports, "store">,
  ref: string,
  outcome: CreateOutcome,
): AsyncIterable<string> {
  if (outcome.result === "nothing") {
    yield `\nNo pipeline for ${oneLine(ref)}: ${oneLine(outcome.why)}.\n\n`;
    return;
  }
  const pipeline = (await deps.store.pipelines.get(outcome.pipelineId))?.value;
  const problems = (pipeline?.diagnostics ?? []).map(
    (found) => `  ${oneLine(diagnosticText(found))}\n`,
  );
  yield `\nPipeline ${outcome.pipelineId} for ${oneLine(ref)}${pipeline?.jobs.length === 0 ? ` (${pipeline.status})` : ""}:\n  ${outcome.url}\n${problems.join("")}\n`;
}
