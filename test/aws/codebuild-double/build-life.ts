import type { BuildRecord, BuildStatus, Phase, PhaseStatus, PhaseType } from "./build.ts";
import type { BuildContainer } from "./build-container.ts";
import { SOURCE_DIRECTORY } from "./build-container.ts";
import { ownVariables, type PhaseName, phaseScript } from "./phase-script.ts";
import { archiveOf, unzip } from "./source.ts";

/** What a build's life needs of the world, and who hears of it. */
export type LifeOptions = {
  /** Resolves when the build may leave the queue. */
  readonly turn: Promise<void>;
  /** AWS's own fault: the build ends in PROVISIONING. */
  readonly fault: boolean;
  readonly provisioningMilliseconds: number;
  /** How long a minute lasts. */
  readonly minuteMilliseconds: number;
  readonly readSource: (location: string) => Promise<Buffer>;
  /** Refuses with the message why the build cannot be run. */
  readonly roleProblem: () => string | undefined;
  readonly startContainer: (variables: Readonly<Record<string, string>>) => Promise<BuildContainer>;
  readonly region: string;
  readonly changed: (build: BuildRecord, completed?: Phase) => void;
};

export type BuildLife = {
  /** Ends the build now; idempotent. */
  readonly stop: () => void;
  /** Resolves when nothing of the build runs any more. */
  readonly done: Promise<void>;
};

class Failure extends Error {
  readonly status: PhaseStatus;
  readonly code: string;

  constructor(status: PhaseStatus, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Leads a build through its phases ("AWS CodeBuild User Guide: Build phase transitions"). */
export function liveBuild(build: BuildRecord, options: LifeOptions): BuildLife {
  const ending = new AbortController();
  const end = (status: BuildStatus & PhaseStatus, code: string, message: string) =>
    ending.abort(new Failure(status, code, message));

  const during = <Value>(work: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      if (ending.signal.aborted) return reject(ending.signal.reason);
      const onEnd = () => reject(ending.signal.reason);
      ending.signal.addEventListener("abort", onEnd, { once: true });
      work.then(resolve, reject).finally(() => ending.signal.removeEventListener("abort", onEnd));
    });

  const phase = async <Value>(phaseType: PhaseType, work: () => Promise<Value>): Promise<Value> => {
    const current: Phase = { phaseType, startTime: Date.now() / 1000 };
    build.phases.push(current);
    build.currentPhase = phaseType;
    try {
      const value = await during(work());
      finish(current, "SUCCEEDED", "", "");
      return value;
    } catch (error) {
      const failure =
        error instanceof Failure
          ? error
          : new Failure("FAULT", "INTERNAL_SERVICE_ERROR", `${error}`);
      finish(current, failure.status, failure.code, failure.message);
      throw failure;
    }
  };
  const finish = (current: Phase, status: PhaseStatus, statusCode: string, message: string) => {
    current.phaseStatus = status;
    current.endTime = Date.now() / 1000;
    current.durationInSeconds = Math.round(current.endTime - current.startTime);
    current.contexts = [{ statusCode, message }];
    options.changed(build, current);
  };

  async function live(): Promise<void> {
    let machineStart: Promise<BuildContainer> | undefined;
    let timer: NodeJS.Timeout | undefined;
    const within = (minutes: number, message: string) => {
      clearTimeout(timer);
      timer = setTimeout(
        () => end("TIMED_OUT", "BUILD_TIMED_OUT", message),
        minutes * options.minuteMilliseconds,
      );
    };
    const { settings } = build;
    options.changed(build);
    try {
      await phase("SUBMITTED", async () => undefined);
      within(settings.queuedTimeoutInMinutes, "Build timed out in the queue");
      await phase("QUEUED", () => options.turn);
      within(settings.timeoutInMinutes, "Build has timed out. ");
      const { unpacked: files, machine } = await phase("PROVISIONING", async () => {
        await during(sleep(options.provisioningMilliseconds));
        const problem = options.roleProblem();
        if (problem !== undefined) throw new Failure("CLIENT_ERROR", "ACCESS_DENIED", problem);
        if (options.fault) {
          throw new Failure("FAULT", "INTERNAL_SERVICE_ERROR", "Internal Service Error");
        }
        const unpacked = await unzip(await options.readSource(settings.sourceLocation));
        const buildspec = unpacked.get(settings.buildspec)?.toString("utf8");
        const own = buildspec === undefined ? {} : ownVariables(buildspec);
        machineStart = options.startContainer({ ...own, ...variablesOf(build, options.region) });
        return { unpacked, machine: await machineStart };
      });
      const buildspec = await phase("DOWNLOAD_SOURCE", async () => {
        await machine.put(archiveOf(files, SOURCE_DIRECTORY.slice(1)));
        const text = files.get(settings.buildspec)?.toString("utf8");
        if (text !== undefined) return text;
        const problem = `stat ${SOURCE_DIRECTORY}/${settings.buildspec}: no such file or directory`;
        throw new Failure("CLIENT_ERROR", "YAML_FILE_ERROR", problem);
      });
      const command = (name: PhaseName, type: PhaseType) =>
        phase(type, () => runPhase(build, machine, buildspec, name));
      await command("install", "INSTALL");
      await command("pre_build", "PRE_BUILD");
      let failed: unknown;
      await command("build", "BUILD").catch((error: unknown) => {
        failed = error;
      });
      if (!ending.signal.aborted) await command("post_build", "POST_BUILD");
      if (failed !== undefined) throw failed;
      await phase("UPLOAD_ARTIFACTS", async () => undefined);
      build.status = "SUCCEEDED";
    } catch (error) {
      const { status } = error instanceof Failure ? error : { status: "FAULT" as const };
      if (build.status === "IN_PROGRESS") {
        build.status = status === "CLIENT_ERROR" || status === "SUCCEEDED" ? "FAILED" : status;
      }
    } finally {
      clearTimeout(timer);
      // A machine may come when the build has ended already.
      await machineStart?.then((machine) => machine.remove()).catch(() => undefined);
      complete(build);
      options.changed(build);
    }
  }

  return {
    stop: () => {
      if (build.status !== "IN_PROGRESS") return;
      build.status = "STOPPED";
      end("STOPPED", "", "");
    },
    done: live(),
  };
}

async function runPhase(
  build: BuildRecord,
  machine: BuildContainer,
  buildspec: string,
  name: PhaseName,
): Promise<void> {
  const script = phaseScript(buildspec, name);
  if (script === undefined) return;
  let said = "";
  const succeeding = build.phases.some(({ phaseStatus }) => phaseStatus === "FAILED") ? 0 : 1;
  const text = `export CODEBUILD_BUILD_SUCCEEDING=${succeeding}\n${script.text}`;
  const exit = await machine.run({ ...script, text }, (output) => {
    build.log += output;
    said += output;
  });
  if (exit === 0) return;
  const failed = /Command did not exit successfully (.*) exit status/.exec(said)?.[1] ?? name;
  throw new Failure(
    "FAILED",
    "COMMAND_EXECUTION_ERROR",
    `Error while executing command: ${failed}. Reason: exit status ${exit}`,
  );
}

function complete(build: BuildRecord): void {
  const now = Date.now() / 1000;
  build.phases.push({
    phaseType: "FINALIZING",
    phaseStatus: "SUCCEEDED",
    startTime: now,
    endTime: now,
    durationInSeconds: 0,
    contexts: [{ statusCode: "", message: "" }],
  });
  build.phases.push({ phaseType: "COMPLETED", startTime: now });
  build.currentPhase = "COMPLETED";
  build.endTime = now;
  build.complete = true;
}

/** "AWS CodeBuild User Guide: Environment variables in build environments". */
function variablesOf(build: BuildRecord, region: string): Record<string, string> {
  return {
    HOME: "/root",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: build.credentialsPath,
    CODEBUILD_BUILD_ARN: build.arn,
    CODEBUILD_BUILD_ID: build.id,
    CODEBUILD_BUILD_IMAGE: build.settings.image,
    CODEBUILD_BUILD_NUMBER: String(build.number),
    CODEBUILD_INITIATOR: "double",
    CODEBUILD_LOG_PATH: build.uuid,
    CODEBUILD_SOURCE_REPO_URL: build.settings.sourceLocation,
    CODEBUILD_SRC_DIR: SOURCE_DIRECTORY,
    CODEBUILD_START_TIME: String(Math.round(build.startTime * 1000)),
    ...Object.fromEntries(build.settings.variables.map(({ name, value }) => [name, value])),
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
