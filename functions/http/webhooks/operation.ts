import * as z from "zod/mini";
import { described, projectPath } from "#service/view/schema/parts.ts";
import { noBody, operation } from "../operation/operation.ts";

/**
 * What `webhookRoutes` serves. It is described here and not served by `operate`: the bytes are verified before anybody
 * parses them, and a function that only receives webhooks loads no schemas.
 */
export const receiveWebhookOperation = operation({
  id: "receiveWebhook",
  method: "POST",
  path: "/webhooks/:forge/:project{.+}",
  summary:
    "Take a webhook of a forge: push, tag, merge request, re-run; whatever is authentic is answered 2xx",
  caller: "signature",
  parameters: z.object({
    forge: described(z.string(), "Name of the forge in `slipway.yaml`."),
    project: described(projectPath, "Path of the project, its slashes as they are or encoded."),
  }),
  body: noBody,
  answers: [
    { status: 202, what: "It is stored and queued.", json: "Webhook" },
    { status: 200, what: "There is nothing to do: `result` and `why` say so.", json: "Webhook" },
  ],
  errors: ["unreadable_payload", "bad_signature", "unknown_forge", "unknown_project", "too_large"],
});
