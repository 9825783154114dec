import { type CommitStatus, ForgeError } from "../forge.ts";
import type { ForgeHttp } from "../http/http.ts";
import { shorten } from "../http/text.ts";

const states = {
  pending: "pending",
  running: "pending",
  success: "success",
  failed: "failure",
  canceled: "error",
  skipped: "skipped",
} as const;

/** Posts a commit status; where the server is too old to know "skipped", it says success. */
export async function postStatus(
  http: ForgeHttp,
  base: string,
  status: CommitStatus,
): Promise<Record<string, never>> {
  const post = (state: string) =>
    http({
      method: "POST",
      path: `${base}/statuses/${status.sha}`,
      body: {
        state,
        context: status.context,
        description: shorten(status.description, 255),
        target_url: status.targetUrl,
      },
      expect: [400, 422],
    });
  let answer = await post(states[status.state]);
  if (answer.status >= 400 && status.state === "skipped") answer = await post("success");
  if (answer.status >= 400)
    throw new ForgeError(
      `The forge refused the status of ${status.sha}: ${answer.text.slice(0, 200)}`,
      { retryable: false },
    );
  return {};
}
