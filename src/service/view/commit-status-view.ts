import type * as z from "zod/mini";
import type { StoredCommitStatus } from "#store/commit-status-store.ts";
import type { commitStatusSchema } from "./schema/commit-status.ts";

export type CommitStatusView = z.output<typeof commitStatusSchema>;

export function commitStatusView(status: StoredCommitStatus): CommitStatusView {
  return {
    project: status.project,
    sha: status.sha,
    ref: status.ref,
    context: status.context,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    updated_at: status.updatedAt,
  };
}
