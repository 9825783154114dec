import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";
import { type EngineEndpoint, openEngineEndpoint } from "../../engine/endpoint.ts";
import { JobFailure, messageOf } from "../../job-failure.ts";
import { sleep } from "../../retry.ts";
import type { Settings } from "../../settings.ts";
import type { Log } from "../../trace/trace.ts";
import { planServices } from "../dind-service.ts";
import type { Executor, JobContext, JobPlace, RunScript, ScriptRun } from "../executor.ts";
import { ownerLabelFilter, removeLabelled } from "../remove-labelled.ts";
import { isShellIdentifier, shellScript } from "../shell-script.ts";
import type { JobPaths } from "../variables.ts";
import type { Workspace } from "../workspace.ts";
import { createProcessGroup, type ProcessGroup } from "./process-group.ts";

/** Runs jobs in the environment's own bash, each in processes, a home and a temporary directory of its own. */
export function shellExecutor(
  engine: Docker,
  settings: Settings,
  openWorkspace: (paths: JobPaths) => Workspace,
): Executor {
  const builds = join(settings.directory, "builds");
  const leftovers = () =>
    removeLabelled(engine, [`${ENVIRONMENT_LABEL}=${settings.environmentId}`]);
  return {
    builds: (slot) => join(builds, String(slot)),
    variables: { CI_SHARED_ENVIRONMENT: "true" },
    open: (context) => openPlace(engine, context, openWorkspace(context.paths)),
    removeLeftovers: leftovers,
    close: leftovers,
  };
}

function openPlace(engine: Docker, context: JobContext, workspace: Workspace): JobPlace {
  let prepared: Promise<Prepared> | undefined;
  let closing: Promise<void> | undefined;
  return {
    workspace,
    prepare: async (log) => {
      prepared = prepare(engine, context, log);
      return (await prepared).run;
    },
    disks: () => [context.paths.builds],
    close: () => {
      closing ??= (async () => {
        await (await prepared?.catch(() => undefined))?.close();
        await workspace.close();
      })();
      return closing;
    },
  };
}

type Prepared = { readonly run: RunScript; readonly close: () => Promise<void> };

async function prepare(engine: Docker, context: JobContext, log: Log): Promise<Prepared> {
  const { settings, job, variables, directory } = context;
  log.line("Using shell executor ...");
  const plan = planServices(job.services, variables);
  if (plan.started.length > 0) {
    const names = plan.started.map((service) => service.name).join(", ");
    log.warning(`The executor shell starts no services: ${names} is not there for this job.`);
  }
  const home = join(directory, "home");
  const temporary = join(directory, "tmp");
  const programs = join(directory, "bin");
  await Promise.all([home, temporary, programs].map((path) => mkdir(path, { recursive: true })));
  if (settings.dockerClient) await symlink(settings.dockerClient, join(programs, "docker"));
  const endpoint = await openEndpoint(context);
  const group = await createProcessGroup(settings, job.id);
  const byName = plan.engine !== undefined;
  const env: Record<string, string> = {
    ...systemEnvironment(),
    ...Object.fromEntries(
      variables.list
        .filter(
          ({ key, value, confidential }) =>
            !confidential && isShellIdentifier(key) && !value.includes("\0"),
        )
        .filter(({ key }) => !byName || !DOCKER_BY_NAME.includes(key))
        .map(({ key, value }) => [key, value]),
    ),
    HOME: home,
    TMPDIR: temporary,
    DOCKER_CONFIG: variables.get("DOCKER_CONFIG") ?? join(home, ".docker"),
    [group.marker.key]: group.marker.value,
  };
  env.PATH = `${programs}:${env.PATH ?? ""}`;
  // A job that names the engine's own socket would go past what labels and logs in for it.
  const own = env.DOCKER_HOST === undefined || env.DOCKER_HOST === settings.dockerHost;
  if (endpoint && (byName || own)) {
    env.DOCKER_HOST = `unix://${endpoint.socketPath}`;
  }
  return {
    run: (script) => runShell(script, env, context.paths.project, group),
    close: async () => {
      await group.end();
      await endpoint?.close();
      if (endpoint) await removeLabelled(engine, ownerLabelFilter(settings.environmentId, job.id));
    },
  };
}

/** There is no host `docker` here: files written for a service of that name get the engine's socket. */
const DOCKER_BY_NAME = ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];

async function openEndpoint(context: JobContext): Promise<EngineEndpoint | undefined> {
  const { dockerHost, environmentId } = context.settings;
  if (dockerHost.startsWith("unix://") && !existsSync(dockerHost.slice("unix://".length))) {
    return undefined;
  }
  try {
    return await openEngineEndpoint({
      dockerHost,
      environmentId,
      jobId: context.job.id,
      directory: context.directory,
      plain: false,
      label: true,
      registry: context.registryLogin,
    });
  } catch (error) {
    throw new JobFailure(
      "runner_system_failure",
      `The engine cannot be offered to the job: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** What a login would give a script; nothing of the runner's own settings. */
function systemEnvironment(): Record<string, string> {
  const user = userInfo().username;
  return {
    PATH: process.env.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: process.env.LANG ?? "C.UTF-8",
    USER: user,
    LOGNAME: user,
    SHELL: "/bin/bash",
  };
}

/** For a process that hid from its group and holds the output open all the same. */
const DRAIN_MILLISECONDS = 2_000;

/** Joins the control group before the script can start anything. */
const JOIN_AND_RUN = 'echo $$ >"$1/cgroup.procs" && exec bash';

async function runShell(
  script: ScriptRun,
  env: Readonly<Record<string, string>>,
  directory: string,
  group: ProcessGroup,
): Promise<number> {
  const [program, args]: [string, string[]] =
    group.cgroup === undefined
      ? ["bash", []]
      : ["bash", ["-c", JOIN_AND_RUN, "bash", group.cgroup]];
  const child = spawn(program, args, { cwd: directory, env, detached: true, stdio: "pipe" });
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        new JobFailure("runner_system_failure", `bash could not be started: ${error.message}`, {
          cause: error,
        }),
      ),
    );
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGTERM" ? 143 : 137)));
  });
  const drained = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.stdout.on("data", script.log.output);
  child.stderr.on("data", script.log.output);
  // A shell that is gone before it has read its script says so by its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(shellScript(script.script));

  let timer: NodeJS.Timeout | undefined;
  const onStop = () => {
    void group.signalAll("SIGTERM");
    timer = setTimeout(() => void group.signalAll("SIGKILL"), script.graceMilliseconds);
  };
  script.stop.addEventListener("abort", onStop, { once: true });
  if (script.stop.aborted) onStop();
  try {
    const code = await exited;
    // What the script left running holds its output open, and ends with it as in a container.
    await group.killAll();
    await Promise.race([drained, sleep(DRAIN_MILLISECONDS)]);
    if ((await group.refusedForks()) > 0) {
      script.log.warning("The job wanted more processes than it may have; some could not start.");
    }
    return code;
  } finally {
    clearTimeout(timer);
    script.stop.removeEventListener("abort", onStop);
  }
}
