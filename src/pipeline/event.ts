import type { Variable } from "#language/variables.ts";
import type {
  CommitState,
  ComputeSize,
  FailureReason,
  JobArtifact,
  Pipeline,
  PipelineEnvironment,
} from "./pipeline.ts";
import type { Status } from "./status.ts";

/**
 * Something that happened or that somebody wants. Any of them may come twice, late or out of order:
 * what no longer fits the state is dropped without effect.
 */
export type PipelineEvent =
  /** Nothing new: see what is due (delayed jobs, time-outs, wanted environments). */
  | { readonly type: "look" }
  | {
      readonly type: "environment_started";
      readonly environmentId: string;
      readonly handle: string;
      readonly compute?: ComputeSize;
    }
  | {
      readonly type: "environment_start_failed";
      readonly environmentId: string;
      readonly problem: string;
      readonly permanent: boolean;
    }
  /** There is no room for it now: it stands in line from here on, for as long as it takes. */
  | {
      readonly type: "environment_waits";
      readonly environmentId: string;
      /** For people. Absent: its waiting is short and needs no word, or an accepted start waits no more. */
      readonly reason?: string;
    }
  /** There may be a place for this one, which stands in line: its start is tried now. */
  | { readonly type: "place_offered"; readonly environmentId: string }
  | { readonly type: "environment_running"; readonly environmentId: string }
  | {
      readonly type: "environment_ended";
      readonly environmentId: string;
      readonly problem?: string;
    }
  /** A runner of that environment takes the job: only a `pending` job can be taken, by one. */
  | {
      readonly type: "job_taken";
      readonly jobId: number;
      readonly environmentId: string;
      readonly tokenHash: string;
    }
  /** The runner is alive and at it. */
  | { readonly type: "job_contact"; readonly jobId: number }
  | {
      readonly type: "job_finished";
      readonly jobId: number;
      readonly state: "success" | "failed";
      readonly failureReason?: FailureReason;
      readonly exitCode?: number;
      readonly coverage?: number;
    }
  /** The job's runner uploaded a file; of each type the last one counts. */
  | {
      readonly type: "artifacts_uploaded";
      readonly jobId: number;
      readonly artifact: JobArtifact;
      /** What a `dotenv` report says. */
      readonly dotenv?: readonly Variable[];
    }
  /** The bytes of an artifact are gone. */
  | {
      readonly type: "artifacts_removed";
      readonly jobId: number;
      readonly artifactType: string;
    }
  /** No `jobIds`: the whole pipeline. */
  | { readonly type: "cancel"; readonly jobIds?: readonly number[]; readonly by: string }
  /** No `jobIds`: all failed and canceled jobs, as GitLab's "Retry pipeline". */
  | { readonly type: "retry"; readonly jobIds?: readonly number[]; readonly by: string }
  | {
      readonly type: "play";
      readonly jobIds: readonly number[];
      readonly by: string;
      readonly variables?: readonly Variable[];
    }
  /** Cancel what auto-cancel allows because a newer pipeline of the ref exists. */
  | { readonly type: "superseded"; readonly byPipelineId: number }
  /** The resource group let this job in. */
  | { readonly type: "resource_acquired"; readonly jobId: number }
  /** The trigger job's child pipeline exists; the first word about it counts. */
  | { readonly type: "child_created"; readonly jobId: number; readonly childPipelineId: number }
  /** There will be no child pipeline. */
  | {
      readonly type: "child_refused";
      readonly jobId: number;
      readonly failureReason: FailureReason;
      readonly message: string;
    }
  /** How the child pipeline is now. */
  | {
      readonly type: "child_changed";
      readonly jobId: number;
      readonly childPipelineId: number;
      readonly status: Status;
    }
  | { readonly type: "deployment_recorded"; readonly jobId: number; readonly status: Status }
  | {
      readonly type: "status_posted";
      readonly context: string;
      readonly state: CommitState;
      readonly description: string;
      readonly forgePipelineId?: number;
    };

/**
 * An effect to be carried out after the new state is saved. All are idempotent, and `look` gives again
 * every one whose effect the state does not show yet, so a lost command is repeated, never missed.
 */
export type Command =
  | {
      readonly type: "start_environment";
      readonly environment: PipelineEnvironment;
      /** It is its turn: nobody is ahead of it. */
      readonly offered?: true;
    }
  | { readonly type: "stop_environment"; readonly environmentId: string }
  /** An environment is gone: others may have its place. */
  | {
      readonly type: "free_place";
      readonly environmentId: string;
      /** It once stood in line itself. */
      readonly waited: boolean;
      /** It did not leave by itself. */
      readonly stopped: boolean;
    }
  /** Ask the resource group for its turn; the answer is the event `resource_acquired`. */
  | { readonly type: "acquire_resource"; readonly jobId: number; readonly resourceGroup: string }
  | { readonly type: "release_resource"; readonly jobId: number; readonly resourceGroup: string }
  | {
      readonly type: "post_status";
      readonly context: string;
      readonly state: CommitState;
      readonly description: string;
    }
  /** Make the child pipeline; the answer is `child_created` or `child_refused`. */
  | { readonly type: "create_child"; readonly jobId: number }
  | {
      readonly type: "cancel_child";
      readonly jobId: number;
      readonly childPipelineId: number;
    }
  /** See how the child pipeline is; the answer is `child_changed`. */
  | {
      readonly type: "check_child";
      readonly jobId: number;
      readonly childPipelineId: number;
    }
  /** This pipeline is a child and has another status than before: its parent looks at it. */
  | { readonly type: "tell_parent"; readonly pipelineId: number; readonly jobId: number }
  /** Note in the project's environments what a deployment job has come to; the answer is `deployment_recorded`. */
  | { readonly type: "record_deployment"; readonly jobId: number; readonly status: Status }
  /** Look again at this time (ISO 8601): a delayed job or a time-out is due. */
  | { readonly type: "look_at"; readonly at: string }
  /** A job became `pending`: wake runners that wait for one. */
  | { readonly type: "jobs_ready"; readonly jobIds: readonly number[] };

export type Transition = (
  pipeline: Pipeline,
  event: PipelineEvent,
  /** ISO 8601. */
  now: string,
) => { readonly pipeline: Pipeline; readonly commands: readonly Command[] };
