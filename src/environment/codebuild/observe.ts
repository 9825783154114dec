import type { Build, BuildPhase } from "@aws-sdk/client-codebuild";
import type { EnvironmentObservation } from "../environment.ts";

/** Every build is queued for a moment. Only a longer wait is reported. */
const queuedMilliseconds = 30_000;
const longest = 1_000;

/** What a build's record says about the environment (AWS CodeBuild API Reference: Build, BuildPhase). */
export function observeBuild(build: Build | undefined, now: number): EnvironmentObservation {
  if (build?.id === undefined) return { state: "unknown" };
  const handle = build.id;
  switch (build.buildStatus) {
    case undefined:
      return { state: "unknown" };
    case "IN_PROGRESS":
      return atWork(build)
        ? { state: "running", handle }
        : { state: "starting", handle, ...(isQueued(build, now) && { waits: queuedReason }) };
    case "SUCCEEDED":
      return { state: "ended" };
    case "STOPPED":
      return {
        state: "ended",
        problem: withLog(build, "It was stopped: somebody stopped its build."),
      };
    case "TIMED_OUT":
      return { state: "ended", problem: withLog(build, timedOut(build)) };
    case "FAULT":
      return {
        state: "ended",
        problem: withLog(build, `AWS CodeBuild had a fault of its own${inPhase(build)}`),
      };
    case "FAILED":
      return { state: "ended", problem: withLog(build, failed(build)) };
  }
}

const queuedReason = "its build stands in the queue of AWS CodeBuild";

function atWork({ currentPhase }: Build): boolean {
  return (
    currentPhase === "BUILD" ||
    currentPhase === "POST_BUILD" ||
    currentPhase === "UPLOAD_ARTIFACTS" ||
    currentPhase === "FINALIZING" ||
    currentPhase === "COMPLETED"
  );
}

function isQueued({ currentPhase, phases = [] }: Build, now: number): boolean {
  if (currentPhase !== "QUEUED") return false;
  const since = phases.find(({ phaseType }) => phaseType === "QUEUED")?.startTime;
  return since !== undefined && now - since.getTime() > queuedMilliseconds;
}

function timedOut(build: Build): string {
  return build.phases?.some(
    ({ phaseType, phaseStatus }) => phaseType === "QUEUED" && phaseStatus === "TIMED_OUT",
  )
    ? `It waited longer than ${build.queuedTimeoutInMinutes ?? "its"} minutes in CodeBuild's queue: the account's limit of concurrent builds is too low.`
    : `It ran longer than its ${build.timeoutInMinutes ?? ""} minutes.`;
}

function failed(build: Build): string {
  const phase = failedPhase(build);
  const said = contextOf(phase);
  const exit = /exit status (\d+)/.exec(said)?.[1];
  if (exit !== undefined) return `It ended with exit status ${exit}${inPhase(build)}`;
  if (/assume\s?role|ACCESS_DENIED|service role|not authorized/i.test(said)) {
    return `CodeBuild could not use the build's role ${build.serviceRole ?? ""}. Was it deleted or changed? Deploy the stacks again. CodeBuild says${inPhase(build)}`;
  }
  if (/UNABLE_TO_PULL_IMAGE|pull.{0,200}image/i.test(said)) {
    return `CodeBuild could not pull the build's image ${build.environment?.image ?? ""}: look at its name and at what the build's role may read. CodeBuild says${inPhase(build)}`;
  }
  return `Its build failed${inPhase(build)}`;
}

function failedPhase({ phases = [] }: Build): BuildPhase | undefined {
  return phases.find(
    ({ phaseType, phaseStatus }) =>
      phaseType !== "COMPLETED" && phaseStatus !== undefined && phaseStatus !== "SUCCEEDED",
  );
}

function inPhase(build: Build): string {
  const phase = failedPhase(build);
  const said = contextOf(phase);
  const where = phase?.phaseType === undefined ? "" : ` in ${phase.phaseType}`;
  return said === "" ? `${where}.` : `${where}: ${said}`;
}

function contextOf(phase: BuildPhase | undefined): string {
  return (phase?.contexts ?? [])
    .map(({ statusCode, message }) => [statusCode, message].filter(Boolean).join(": "))
    .filter((text) => text !== "" && text !== ": ")
    .join("; ")
    .slice(0, longest);
}

/** A build's last words are in its log only. */
function withLog({ logs }: Build, problem: string): string {
  return logs?.deepLink === undefined ? problem : `${problem}\nIts log: ${logs.deepLink}`;
}
