import { randomUUID } from "node:crypto";
import type { BuildRecord, Phase } from "./build.ts";

/** An EventBridge event of source `aws.codebuild`, by the published schema. */
export type CodebuildEvent = {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": "CodeBuild Build State Change" | "CodeBuild Build Phase Change";
  readonly source: "aws.codebuild";
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
};

type Place = { readonly account: string; readonly region: string };

export function stateChange(build: BuildRecord, place: Place): CodebuildEvent {
  return {
    ...envelope("CodeBuild Build State Change", build, place),
    detail: {
      "build-status": build.status,
      "project-name": build.settings.projectName,
      "build-id": build.arn,
      "additional-information": information(build),
      "current-phase": build.currentPhase,
      "current-phase-context": "[]",
      version: "1",
    },
  };
}

export function phaseChange(build: BuildRecord, phase: Phase, place: Place): CodebuildEvent {
  return {
    ...envelope("CodeBuild Build Phase Change", build, place),
    detail: {
      "completed-phase": phase.phaseType,
      "project-name": build.settings.projectName,
      "build-id": build.arn,
      "completed-phase-context": contextText(phase),
      "additional-information": information(build),
      "completed-phase-status": phase.phaseStatus,
      "completed-phase-duration-seconds": phase.durationInSeconds ?? 0,
      version: "1",
      "completed-phase-start": spelled(phase.startTime),
      "completed-phase-end": spelled(phase.endTime ?? phase.startTime),
    },
  };
}

function envelope(type: CodebuildEvent["detail-type"], build: BuildRecord, place: Place) {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": type,
    source: "aws.codebuild",
    account: place.account,
    time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    region: place.region,
    resources: [build.arn],
  } as const;
}

function information(build: BuildRecord): Record<string, unknown> {
  const { settings } = build;
  return {
    artifact: { location: "" },
    cache: { type: "NO_CACHE" },
    environment: {
      image: settings.image,
      "privileged-mode": settings.privilegedMode,
      "image-pull-credentials-type": settings.imagePullCredentialsType,
      "compute-type": settings.computeType,
      type: settings.environmentType,
      "environment-variables": settings.variables.map((one) => ({ type: "PLAINTEXT", ...one })),
    },
    "timeout-in-minutes": settings.timeoutInMinutes,
    "queued-timeout-in-minutes": settings.queuedTimeoutInMinutes,
    "build-complete": build.complete,
    "build-number": build.number,
    initiator: "double",
    "build-start-time": spelled(build.startTime),
    source: { type: settings.sourceType, location: settings.sourceLocation },
    logs: {
      "group-name": `/aws/codebuild/${settings.projectName}`,
      "stream-name": build.uuid,
      "deep-link": `https://console.aws.test/cloudwatch/${settings.projectName}/${build.uuid}`,
    },
    phases: build.phases.map((phase) => ({
      "phase-type": phase.phaseType,
      "start-time": spelled(phase.startTime),
      ...(phase.endTime === undefined
        ? {}
        : {
            "phase-context": [contextText(phase)],
            "end-time": spelled(phase.endTime),
            "duration-in-seconds": phase.durationInSeconds ?? 0,
            "phase-status": phase.phaseStatus,
          }),
    })),
  };
}

function contextText({ contexts = [] }: Phase): string {
  return `[${contexts.map(({ statusCode, message }) => `${statusCode}: ${message}`).join(", ")}]`;
}

/** Like "Sep 1, 2017 4:12:29 PM". */
function spelled(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  const day = date.toLocaleDateString("en-US", {
    month: "short",
    day: "numeric",
    year: "numeric",
    timeZone: "UTC",
  });
  const time = date.toLocaleTimeString("en-US", { timeZone: "UTC" }).replace(/\s/gu, " ");
  return `${day} ${time}`;
}
