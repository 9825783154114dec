import {
  type Forge,
  MalformedPayload,
  UnreadablePayload,
  type Verification,
  type WebhookReader,
  type WebhookRequest,
} from "#forge/forge.ts";
import { isSamePath, type ProjectKey } from "#pipeline/project-key.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { DeliveryStore } from "#store/delivery-store.ts";
import { type Host, type Installation, isoNow, type Ports } from "../deps.ts";
import { type ErrorCode, errorStatuses } from "../error-code.ts";
import { webhookSecretName } from "../keys.ts";
import { boundEvents } from "./bound-events.ts";

/** The few dependencies that receiving a webhook needs, so that a function which only receives webhooks starts fast. */
export type WebhookDeps = Pick<Ports, "queue" | "secrets"> &
  Pick<Installation, "settings"> &
  Pick<Host, "now" | "log"> & {
    readonly store: { readonly deliveries: Pick<DeliveryStore, "put" | "mark"> };
    readonly forges: ReadonlyMap<string, Pick<Forge, "name" | "webhooks">>;
  };

/** Lambda takes 6 MB at most; larger payloads are found by the sweep. */
export const maxWebhookBytes = 6_000_000;

/** What became of an authentic request. */
export type WebhookOutcome =
  | {
      readonly result: "queued";
      readonly delivery: string;
      readonly events: number;
      /** Refs beyond those that one delivery takes. */
      readonly leftToSweep: number;
    }
  | { readonly result: "duplicate"; readonly delivery: string }
  /** Nothing in it asks for anything, or nothing can be made of it; `why` is for people. */
  | { readonly result: "ignored" | "refused"; readonly why: string };

export type WebhookAnswer =
  | { readonly status: 200 | 202; readonly outcome: WebhookOutcome }
  | {
      readonly status: 400 | 401 | 404 | 413;
      readonly refused: ErrorCode;
      /** For people. */
      readonly message: string;
    };

/**
 * Verifies raw bytes, then parses, stores the delivery once and queues it. An authentic event is
 * answered 2xx whatever it asks for, since forges turn off hooks that answer otherwise. A delivery that
 * was stored but never queued (a crash between the two) is queued by its redelivery.
 */
export async function receiveWebhook(
  deps: WebhookDeps,
  connection: ProjectKey,
  request: WebhookRequest,
): Promise<WebhookAnswer> {
  // The settings are read first, because the connection may be newer than the cached ones.
  const settings = await deps.settings(connection);
  const forge = deps.forges.get(connection.forge);
  if (forge === undefined) {
    return refusal("unknown_forge", `There is no forge connection named "${connection.forge}".`);
  }
  if (settings === undefined) {
    return refusal("unknown_project", "This project is not connected.");
  }
  if (request.body.byteLength > maxWebhookBytes) {
    return refusal("too_large", `Payloads over ${maxWebhookBytes} bytes are not read.`);
  }
  const verification = await verify(deps, forge.webhooks, connection, request);
  if (!verification.authentic) {
    deps.log("warn", "webhook refused", { ...connection, why: verification.why });
    return refusal("bad_signature", verification.why);
  }
  let events: readonly TriggerEvent[];
  try {
    events = forge.webhooks.parse(request);
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    // Only the built-in git host turns no hook off for an answer other than 2xx.
    if (error instanceof UnreadablePayload && forge.name === "local")
      return refusal("unreadable_payload", error.message);
    return notUnderstood(deps, connection, error.message);
  }
  const foreign = events.find(
    (event) => event.kind !== "ignored" && !isSamePath(event.project.path, connection.project),
  );
  if (foreign !== undefined) {
    return notUnderstood(
      deps,
      connection,
      "The payload is about another project than this webhook: connect the project again if it was renamed.",
    );
  }
  const ignored = events.flatMap((event) => (event.kind === "ignored" ? [event.why] : []));
  if (ignored.length === events.length) {
    const why = [...new Set(ignored)].slice(0, 10).join("; ") || "nothing in it";
    return { status: 200, outcome: { result: "ignored", why } };
  }
  return storeAndQueue(deps, connection, verification.deliveryId, events);
}

/** A request that no known secret signed may be signed with a secret that was rotated a moment ago. */
async function verify(
  deps: WebhookDeps,
  reader: WebhookReader,
  connection: ProjectKey,
  request: WebhookRequest,
): Promise<Verification> {
  const name = webhookSecretName(connection);
  const known = await deps.secrets.get(name);
  const verification = await reader.verify(request, known, deps.now());
  if (verification.authentic) return verification;
  const fresh = await deps.secrets.get(name, { fresh: true });
  const others = fresh.filter((secret) => !known.includes(secret));
  return others.length === 0 ? verification : reader.verify(request, others, deps.now());
}

async function storeAndQueue(
  deps: WebhookDeps,
  connection: ProjectKey,
  id: string,
  all: readonly TriggerEvent[],
): Promise<WebhookAnswer> {
  const { events, left } = boundEvents(all.filter(({ kind }) => kind !== "ignored"));
  if (left > 0)
    deps.log("warn", "refs of one delivery are left to the sweep", { ...connection, left });
  if (events.length === 0)
    return notUnderstood(
      deps,
      connection,
      "The event takes more than 200 KB: its names or push options are too long.",
    );
  const delivery = await deps.store.deliveries.put({
    ...connection,
    id,
    receivedAt: isoNow(deps),
    state: "received",
    events,
  });
  if (delivery.state !== "received") {
    return { status: 200, outcome: { result: "duplicate", delivery: id } };
  }
  await deps.queue.send({ type: "delivery", ...connection, deliveryId: id });
  await deps.store.deliveries.mark(delivery, "queued");
  deps.log("info", "webhook queued", { ...connection, delivery: id, events: events.length });
  return {
    status: 202,
    outcome: { result: "queued", delivery: id, events: events.length, leftToSweep: left },
  };
}

function refusal(
  refused:
    | "unknown_forge"
    | "unknown_project"
    | "too_large"
    | "bad_signature"
    | "unreadable_payload",
  message: string,
): WebhookAnswer {
  return { status: errorStatuses[refused], refused, message };
}

/** The event is authentic but cannot be used. The answer says so with 2xx, because a 4xx would turn the hook off. */
function notUnderstood(deps: WebhookDeps, connection: ProjectKey, why: string): WebhookAnswer {
  deps.log("warn", "webhook not understood", { ...connection, why });
  return { status: 200, outcome: { result: "refused", why } };
}
