import type { PipelineFacts, PipelineSource } from "#language/facts.ts";
import { MERGE_REQUEST, pushFacts as samplePush } from "./sample-facts.ts";

/** What a case may say about its push; the words are those of `slipway compile`. */
export type PushOptions = {
  readonly ref?: string;
  readonly tag?: boolean;
  readonly source?: PipelineSource;
  readonly defaultBranch?: string;
  /** Full path of the project. */
  readonly path?: string;
  readonly protected?: boolean;
  readonly beforeSha?: string;
  readonly message?: string;
};

/** A push to `main` of `group/project`, but for what the options say. */
export function pushFacts(options: PushOptions = {}): PipelineFacts {
  const { project, commit } = samplePush();
  return samplePush({
    source: options.source ?? "push",
    project: {
      ...project,
      path: options.path ?? "group/project",
      defaultBranch: options.defaultBranch ?? "main",
    },
    ref: {
      kind: options.tag ? "tag" : "branch",
      name: options.ref ?? "main",
      protected: options.protected ?? false,
    },
    commit: {
      ...commit,
      message: options.message ?? "Change something",
      beforeSha: options.beforeSha ?? commit.beforeSha,
    },
    ...(options.source === "merge_request_event" && {
      mergeRequest: { ...MERGE_REQUEST, sourceBranch: options.ref ?? "feature/a", fork: false },
    }),
  });
}
