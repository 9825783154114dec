import * as z from "zod/mini";
import type { Reply } from "./api-server.ts";
import type { RepositoryReader } from "./repository.ts";

const finished = ["success", "failed", "canceled", "skipped"] as const;
const settable = ["pending", "running", ...finished] as const;
type Status = {
  readonly id: number;
  readonly project: number;
  readonly sha: string;
  readonly ref: string;
  readonly name: string;
  readonly pipelineId: number;
  state: "created" | (typeof settable)[number];
  description: string;
  targetUrl: string;
};

const statusBody = z.object({
  state: z.string(),
  ref: z.optional(z.string()),
  name: z.optional(z.string()),
  context: z.optional(z.string()),
  target_url: z._default(z.string(), ""),
  description: z._default(z.string(), ""),
  pipeline_id: z.optional(z.int()),
});

/**
 * GitLab's commit statuses: a state machine for each name and ref, in pipelines of source "external" that
 * the first status of a commit and ref opens (GitLab Docs: Commits API).
 */
export function gitlabStatuses(git: RepositoryReader) {
  const stored: Status[] = [];
  const pipelines: { id: number; project: number; sha: string; ref: string }[] = [];
  const history: string[] = [];
  const limits = { jobsPerPipeline: Number.POSITIVE_INFINITY };

  function post(project: number, sha: string, body: unknown): Reply {
    const bad = (message: string, status = 400): Reply => ({ status, json: { message } });
    const asked = statusBody.parse(body);
    const { ref, target_url: targetUrl, description, pipeline_id: wanted } = asked;
    const name = asked.context ?? asked.name ?? "default";
    const state = settable.find((each) => each === asked.state);
    if (state === undefined) return bad("state does not have a valid value");
    for (const [field, value] of Object.entries({ ref, target_url: targetUrl, description })) {
      if (typeof value === "string" && [...value].length > 255)
        return bad(`${field} is too long (maximum is 255 characters)`);
    }
    if (git.resolve(sha) !== sha) return bad("404 Commit Not Found", 404);
    if (typeof ref !== "string") return bad("404 References for commit Not Found", 404);
    const fits = pipelines.filter(
      (each) => each.project === project && each.sha === sha && each.ref === ref,
    );
    let pipeline =
      wanted === undefined ? fits.at(-1) : fits.find((candidate) => candidate.id === wanted);
    const open = stored.findLast(
      (each) =>
        each.project === project &&
        each.sha === sha &&
        each.ref === ref &&
        each.name === name &&
        !finished.some((state) => state === each.state),
    );
    const full =
      pipeline !== undefined &&
      open === undefined &&
      stored.filter((each) => each.pipelineId === pipeline?.id).length >= limits.jobsPerPipeline;
    if (full && wanted !== undefined) return bad("The number of jobs has exceeded the limit", 422);
    if (pipeline === undefined || full) {
      pipeline = { id: 1000 + pipelines.length, project, sha, ref };
      pipelines.push(pipeline);
    }
    const from = open?.state ?? "created";
    if (from !== "created" && (state === "pending" || state === from)) {
      const event = state === "pending" ? "enqueue" : "run";
      return bad(
        `Cannot transition status via :${event} from :${from} (Reason(s): Status cannot transition via "${event}")`,
      );
    }
    history.push(`${project} ${name} ${ref} ${state}`);
    const status = open ?? {
      id: stored.length + 1,
      project,
      sha,
      ref,
      name,
      pipelineId: pipeline.id,
      state,
      description,
      targetUrl,
    };
    if (open === undefined) stored.push(status);
    Object.assign(status, { state, description, targetUrl });
    return {
      status: 201,
      json: { id: status.id, sha, ref, name, status: state, pipeline_id: status.pipelineId },
    };
  }
  return { post, stored, pipelines, history, limits };
}
