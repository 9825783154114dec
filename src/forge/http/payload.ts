import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { MalformedPayload, UnreadablePayload, type WebhookRequest } from "../forge.ts";
import type { FieldReader } from "./json-fields.ts";

// Shared by the payloads of all forges: JSON in UTF-8, of which only the used fields are checked.

export const sha = z.string().check(z.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/));

/**
 * The name of a branch or tag, as git allows it (git manual: check-ref-format). No forge takes more than
 * 255 characters, and the name becomes a key.
 */
export const refName = z
  .string()
  .check(
    z.maxLength(400),
    z.regex(/^[^\x00-\x20\x7f~^:?*[\\]+$/),
    z.regex(/^(?!.*(?:\.\.|@\{|\/[/.]|\.lock(?:\/|$)|[/.]$))[^/.]/s),
  );

/** A full ref: of a branch, a tag or anything else that git keeps. */
export const fullRef = refName.check(z.regex(/^refs\/[^/]+\/./));

/** The reason why a ref that is neither a branch nor a tag, such as a notes ref, is not built. */
export function otherRef(ref: string): Extract<TriggerEvent, { kind: "ignored" }> | undefined {
  if (/^refs\/(?:heads|tags)\//.test(ref)) return undefined;
  return { kind: "ignored", why: `${ref} is neither a branch nor a tag` };
}

export const zeroSha = "0".repeat(40);

/** Forges write "no commit" as zeros. */
export function isZeroSha(value: string): boolean {
  return /^0+$/.test(value);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

const readWhole: FieldReader = (json) => JSON.parse(utf8.decode(json));

/** The body as JSON, whatever it holds; of a large one the fields in use alone may be read. */
export function readJson(request: WebhookRequest, read = readWhole): unknown {
  const { body } = request;
  const isMarked = byteOrderMark.equals(body.subarray(0, byteOrderMark.length));
  try {
    return read(isMarked ? body.subarray(byteOrderMark.length) : body);
  } catch (error) {
    // JSON.parse quotes the text it trips over, and bodies stay out of messages.
    throw new UnreadablePayload("The webhook's body is not JSON in UTF-8.", {
      cause: error instanceof Error ? error.name : undefined,
    });
  }
}

/** Checks a payload against its schema; the error names the fields, never their values. */
export function checkPayload<T>(schema: z.ZodMiniType<T>, payload: unknown, event: string): T {
  const result = z.safeParse(schema, payload);
  if (result.success) return result.data;
  throw malformed(result.error, event);
}

/** The message about a payload that does not match its schema. */
export function malformed(error: z.core.$ZodError, event: string): MalformedPayload {
  const fields = [
    ...new Set(error.issues.map((issue) => issue.path.map(String).join(".") || "(body)")),
  ];
  return new MalformedPayload(
    `The ${event} event has missing or unexpected values in: ${fields.slice(0, 10).join(", ")}.`,
  );
}

/** Whether the forge was told to send forms instead of JSON. */
export function isForm({ headers }: WebhookRequest): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers.get("content-type") ?? "");
}

/** Ids become keys in the store: an unusual one is hashed, never cut. */
export function boundedId(id: string): string {
  return /^[\w.:-]{1,128}$/.test(id) ? id : createHash("sha256").update(id).digest("hex");
}

/** For a delivery that names no id: the same bytes of the same event are the same delivery. */
export function bodyId(event: string, body: Uint8Array): string {
  return createHash("sha256").update(`${event}.`).update(body).digest("hex");
}

/** The name of an event as it may stand in a message. */
export function shownEvent(name: string): string {
  return name.replaceAll(/[^\w:.-]/g, "?").slice(0, 64);
}
