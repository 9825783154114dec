import * as z from "zod/mini";
import { type ErrorCode, errorStatuses } from "../../error-code.ts";
import { described } from "./parts.ts";

const codes = Object.keys(errorStatuses) as readonly ErrorCode[];

/** What each code means, for the documents. */
export const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "A parameter or the body is wrong; the message says which and how.",
  unreadable_payload: "The webhook's payload cannot be read as JSON.",
  unauthenticated: "The request has no access token, or one that is not valid.",
  bad_signature: "The webhook is not signed by a secret of this project.",
  wrong_caller: "The caller is another environment than the one that the ticket was made for.",
  ticket_refused: "The ticket is not valid, or was used before.",
  forbidden: "The job token is not valid, or its job has ended.",
  not_found: "There is nothing at this address.",
  unknown_forge: "`slipway.yaml` has no forge of this name.",
  unknown_project: "No such project is connected.",
  unknown_pipeline: "There is no such pipeline.",
  unknown_job: "There is no such job.",
  unknown_delivery: "There is no such delivery, or several have an id that begins so.",
  unknown_approval: "Nothing waits for approval under this id.",
  no_artifact: "The job has no artifact of this type, or has it no more.",
  no_cache: "There is no cache under this key.",
  status_conflict: "The status of the pipeline or job does not allow the action.",
  too_large: "The body, or what it asks to keep, is too large; the message has the limit.",
  internal_error: "The service failed; the reason is in its log.",
  forge_unavailable: "The forge did not answer, or refused; the same request may succeed later.",
};

/** `ErrorView`. Apart from it, since a function that only receives webhooks needs no schema. */
export const errorSchema = z.strictObject({
  error: described(z.string(), "What is wrong and what to do, for people."),
  code: described(z.enum(codes), "The same for programs: a code never changes its meaning."),
});
