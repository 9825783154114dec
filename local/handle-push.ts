import { setTimeout as sleep } from "node:timers/promises";
import { diagnosticText } from "#language/diagnostic.ts";
import type { CreateOutcome } from "#service/create-pipeline.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { followPipeline } from "./follow-push.ts";

/** A signed event, as the door for webhooks takes it. */
export type SignedEvent = { readonly headers: Headers; readonly body: Uint8Array };

const waitMilliseconds = 15_000;
const pollMilliseconds = 10;

/**
 * Sends one updated ref through the same door as any other forge's push, and tells the pusher what came of
 * it: the lines appear behind `remote:` in the push.
 */
export async function* tellPusher(
  deps: ServiceDeps,
  door: string,
  push: {
    readonly project: string;
    readonly ref: string;
    readonly deliveryId: string;
    readonly event: SignedEvent;
    readonly follow: boolean;
  },
): AsyncIterable<string> {
  const url = `${door}/webhooks/local/${push.project}`;
  const response = await fetch(url, {
    method: "POST",
    headers: push.event.headers,
    body: new Uint8Array(push.event.body),
  }).catch((error: unknown) => String(error));
  if (typeof response === "string" || response.status !== 202) {
    const why = typeof response === "string" ? response : `HTTP ${response.status}`;
    deps.log("error", "a push could not be delivered", {
      project: push.project,
      ref: push.ref,
      why,
    });
    yield `\nSlipway could not take this push in (${why}). It will try again by itself.\n\n`;
    return;
  }
  for (const outcome of await outcomesOf(deps, push.project, push.deliveryId)) {
    yield* describe(deps, push.ref, outcome);
    if (push.follow && outcome.result === "created")
      yield* followPipeline(deps, outcome.pipelineId);
  }
}

async function outcomesOf(
  deps: ServiceDeps,
  project: string,
  deliveryId: string,
): Promise<readonly CreateOutcome[]> {
  const until = deps.now() + waitMilliseconds;
  while (deps.now() < until) {
    const delivery = await deps.store.deliveries.get("local", project, deliveryId);
    if (delivery?.state === "done") return JSON.parse(delivery.outcome ?? "[]");
    await sleep(pollMilliseconds);
  }
  return [
    { result: "nothing", why: "the pipeline is still being made; see the pages in a moment" },
  ];
}

async function* describe(
  deps: ServiceDeps,
  ref: string,
  outcome: CreateOutcome,
): AsyncIterable<string> {
  if (outcome.result === "nothing") {
    yield `\nNo pipeline for ${ref}: ${outcome.why}.\n\n`;
    return;
  }
  const pipeline = (await deps.store.pipelines.get(outcome.pipelineId))?.value;
  const problems = (pipeline?.diagnostics ?? []).map((found) => `  ${diagnosticText(found)}\n`);
  yield `\nPipeline ${outcome.pipelineId} for ${ref}${pipeline?.jobs.length === 0 ? ` (${pipeline.status})` : ""}:\n  ${outcome.url}\n${problems.join("")}\n`;
}
