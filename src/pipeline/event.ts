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
 * An event that happened, or a request by a person. Any event may arrive twice, late or out of order. An event
 * that does not fit the state any more has no effect.
 */
export type PipelineEvent =
  /** Nothing new happened: check what is due (delayed jobs, time-outs, wanted environments). */
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
  /** There is no capacity for the environment now. From here on it waits in the queue, without a time limit. */
  | {
      readonly type: "environment_waits";
      readonly environmentId: string;
      /** A text for people. Absent if the wait is too short to mention, or if an accepted start has stopped waiting. */
      readonly reason?: string;
    }
  /** There may be capacity for this waiting environment, so its start is tried now. */
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
  /** The runner is alive and works on the job. */
  | { readonly type: "job_contact"; readonly jobId: number }
  | {
      readonly type: "job_finished";
      readonly jobId: number;
      readonly state: "success" | "failed";
      readonly failureReason?: FailureReason;
      readonly exitCode?: number;
      readonly coverage?: number;
    }
  /** The job's runner uploaded a file. Of each type, the last upload counts. */
  | {
      readonly type: "artifacts_uploaded";
      readonly jobId: number;
      readonly artifact: JobArtifact;
      /** The variables of a `dotenv` report. */
      readonly dotenv?: readonly Variable[];
    }
  /** The bytes of an artifact were deleted. */
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
  /** The job holds its resource group now. */
  | { readonly type: "resource_acquired"; readonly jobId: number }
  /** The trigger job's child pipeline exists. Only the first such event counts. */
  | { readonly type: "child_created"; readonly jobId: number; readonly childPipelineId: number }
  /** The child pipeline cannot be created. */
  | {
      readonly type: "child_refused";
      readonly jobId: number;
      readonly failureReason: FailureReason;
      readonly message: string;
    }
  /** The child pipeline's current status. */
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
 * An effect to carry out after the new state is saved. All commands are idempotent. A `look` returns every command
 * again whose effect the state does not show yet, so a lost command is repeated.
 */
export type Command =
  | {
      readonly type: "start_environment";
      readonly environment: PipelineEnvironment;
      /** The environment is the first in the queue. */
      readonly offered?: true;
    }
  | { readonly type: "stop_environment"; readonly environmentId: string }
  /** An environment has ended, so that another one may have its place. */
  | {
      readonly type: "free_place";
      readonly environmentId: string;
      /** Whether the environment waited in the queue itself. */
      readonly waited: boolean;
      /** The environment did not exit by itself. */
      readonly stopped: boolean;
    }
  /** Ask for the resource group. The answer is the event `resource_acquired`. */
  | { readonly type: "acquire_resource"; readonly jobId: number; readonly resourceGroup: string }
  | { readonly type: "release_resource"; readonly jobId: number; readonly resourceGroup: string }
  /** Tell the forge whatever it does not know yet about the pipeline. */
  | { readonly type: "post_status" }
  /** Create the child pipeline. The answer is `child_created` or `child_refused`. */
  | { readonly type: "create_child"; readonly jobId: number }
  | { readonly type: "cancel_child"; readonly childPipelineId: number }
  /** Read the child pipeline's status. The answer is `child_changed`. */
  | {
      readonly type: "check_child";
      readonly jobId: number;
      readonly childPipelineId: number;
    }
  /** This pipeline is a child whose status has changed, so its parent has to look at it. */
  | { readonly type: "tell_parent"; readonly pipelineId: number; readonly jobId: number }
  /** Record a deployment job's status in the project's deployments. The answer is `deployment_recorded`. */
  | { readonly type: "record_deployment"; readonly jobId: number; readonly status: Status }
  /** Look at the pipeline again at this time (ISO 8601), because a delayed job or a time-out is due then. */
  | { readonly type: "look_at"; readonly at: string }
  /** A job became `pending`, so runners that wait for one are woken. */
  | { readonly type: "jobs_ready" };

export type Transition = (
  pipeline: Pipeline,
  event: PipelineEvent,
  /** ISO 8601. */
  now: string,
) => { readonly pipeline: Pipeline; readonly commands: readonly Command[] };
