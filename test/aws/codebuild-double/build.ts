import { randomBytes, randomUUID } from "node:crypto";

/** Phases of a build, in their order (AWS CodeBuild User Guide: View build phases). */
export type PhaseType =
  | "SUBMITTED"
  | "QUEUED"
  | "PROVISIONING"
  | "DOWNLOAD_SOURCE"
  | "INSTALL"
  | "PRE_BUILD"
  | "BUILD"
  | "POST_BUILD"
  | "UPLOAD_ARTIFACTS"
  | "FINALIZING"
  | "COMPLETED";

export type BuildStatus =
  | "IN_PROGRESS"
  | "SUCCEEDED"
  | "FAILED"
  | "FAULT"
  | "TIMED_OUT"
  | "STOPPED";
export type PhaseStatus = Exclude<BuildStatus, "IN_PROGRESS"> | "CLIENT_ERROR";

export type Phase = {
  readonly phaseType: PhaseType;
  /** Epoch seconds, as the JSON protocol has times. */
  readonly startTime: number;
  phaseStatus?: PhaseStatus;
  endTime?: number;
  durationInSeconds?: number;
  contexts?: { readonly statusCode: string; readonly message: string }[];
};

export type Variable = { readonly name: string; readonly value: string; readonly type?: string };

/** A build's settings: the project's, with the overrides of StartBuild. */
export type BuildSettings = {
  readonly projectName: string;
  readonly serviceRole: string;
  readonly image: string;
  readonly environmentType: string;
  readonly computeType: string;
  readonly privilegedMode: boolean;
  readonly buildspec: string;
  readonly variables: readonly Variable[];
  readonly sourceType: string;
  readonly sourceLocation: string;
  readonly timeoutInMinutes: number;
  readonly queuedTimeoutInMinutes: number;
  readonly imagePullCredentialsType: string;
};

export type AccessKey = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
};

/** A build as the double keeps it; its life changes it. */
export type BuildRecord = {
  readonly id: string;
  readonly uuid: string;
  readonly arn: string;
  readonly number: number;
  readonly settings: BuildSettings;
  readonly startTime: number;
  readonly phases: Phase[];
  status: BuildStatus;
  currentPhase: PhaseType;
  complete: boolean;
  endTime?: number;
  /** What its commands wrote. */
  log: string;
  /** Of its role, as its credentials endpoint gives them out. */
  readonly keys: AccessKey;
  /** Path and bearer of its credentials endpoint. */
  readonly credentialsPath: string;
};

export function newBuild(
  settings: BuildSettings,
  number: number,
  place: { readonly account: string; readonly region: string },
): BuildRecord {
  const uuid = randomUUID();
  const id = `${settings.projectName}:${uuid}`;
  return {
    id,
    uuid,
    arn: `arn:aws:codebuild:${place.region}:${place.account}:build/${id}`,
    number,
    settings,
    startTime: Date.now() / 1000,
    phases: [],
    status: "IN_PROGRESS",
    currentPhase: "SUBMITTED",
    complete: false,
    log: "",
    keys: {
      accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(64).toString("base64"),
    },
    credentialsPath: `/v2/credentials/${randomUUID()}`,
  };
}

/** A build as BatchGetBuilds gives it. */
export function describeBuild(build: BuildRecord): Record<string, unknown> {
  const { settings } = build;
  const stream = build.uuid;
  return {
    id: build.id,
    arn: build.arn,
    buildNumber: build.number,
    startTime: build.startTime,
    ...(build.endTime === undefined ? {} : { endTime: build.endTime }),
    currentPhase: build.currentPhase,
    buildStatus: build.status,
    buildComplete: build.complete,
    projectName: settings.projectName,
    serviceRole: settings.serviceRole,
    phases: build.phases,
    source: {
      type: settings.sourceType,
      location: settings.sourceLocation,
      buildspec: settings.buildspec,
    },
    environment: environmentOf(build),
    logs: {
      groupName: `/aws/codebuild/${settings.projectName}`,
      streamName: stream,
      deepLink: `https://console.aws.test/cloudwatch/${settings.projectName}/${stream}`,
    },
    timeoutInMinutes: settings.timeoutInMinutes,
    queuedTimeoutInMinutes: settings.queuedTimeoutInMinutes,
    initiator: "double",
  };
}

function environmentOf({ settings }: BuildRecord): Record<string, unknown> {
  return {
    type: settings.environmentType,
    image: settings.image,
    computeType: settings.computeType,
    privilegedMode: settings.privilegedMode,
    imagePullCredentialsType: settings.imagePullCredentialsType,
    environmentVariables: settings.variables.map((one) => ({ type: "PLAINTEXT", ...one })),
  };
}
