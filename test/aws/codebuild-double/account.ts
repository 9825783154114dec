import { type BuildRecord, describeBuild, newBuild } from "./build.ts";
import { type BuildLife, type LifeOptions, liveBuild } from "./build-life.ts";
import { settingsOf } from "./build-settings.ts";
import { type Input, requiredText, text, texts } from "./input.ts";
import { projectsOf } from "./projects.ts";
import { invalidInput, Rejection } from "./rejection.ts";

/** Behaviour of the double that tests change while it runs. */
export type Knobs = {
  /** Builds at once, for each environment and compute type. */
  limit: number;
  /** So many times the limit may stand in the queue; 0: StartBuild is refused at once. */
  queueFactor: number;
  provisioningMilliseconds: number;
  minuteMilliseconds: number;
  /** So many of the next builds end by AWS's own fault. */
  faults: number;
  /** Roles that were deleted, by ARN. */
  readonly deletedRoles: Set<string>;
  /** Answers the next requests of an operation with these errors, one each. */
  readonly failures: { readonly operation: string; readonly error: Rejection }[];
  /** Does what the next such requests ask, and breaks the connection instead of answering. */
  readonly silent: string[];
};

export type Place = { readonly account: string; readonly region: string };

type Life = Omit<
  LifeOptions,
  "turn" | "fault" | "roleProblem" | "provisioningMilliseconds" | "minuteMilliseconds" | "region"
>;

const tokenMilliseconds = 5 * 60_000;
const page = 100;

/** What CodeBuild keeps for an account in a region, and does with builds. */
export function codebuildAccount(place: Place, knobs: Knobs, lifeOf: (build: BuildRecord) => Life) {
  const projects = projectsOf(place);
  const builds = new Map<string, BuildRecord>();
  const lives = new Map<string, BuildLife>();
  const tokens = new Map<string, { parameters: string; buildId: string; at: number }>();
  const queue: { readonly build: BuildRecord; readonly begin: () => void }[] = [];

  const kindOf = ({ settings }: BuildRecord) =>
    `${settings.environmentType} ${settings.computeType}`;
  const isQueued = (build: BuildRecord) => queue.some((waiting) => waiting.build === build);
  const running = (kind: string) =>
    [...builds.values()].filter(
      (build) => !build.complete && kindOf(build) === kind && !isQueued(build),
    ).length;
  const admit = () => {
    for (const waiting of [...queue]) {
      if (running(kindOf(waiting.build)) >= knobs.limit) continue;
      queue.splice(queue.indexOf(waiting), 1);
      waiting.begin();
    }
  };

  const startBuild = (input: Input): Input => {
    const project = projects.get(requiredText(input, "projectName"));
    const { idempotencyToken: _, ...parameters } = input;
    const token = text(input, "idempotencyToken");
    const known = token === undefined ? undefined : tokens.get(token);
    if (known !== undefined && Date.now() - known.at < tokenMilliseconds) {
      const build = builds.get(known.buildId);
      if (known.parameters === JSON.stringify(parameters) && build) {
        return { build: describeBuild(build) };
      }
      throw invalidInput("The idempotency token was used before with other parameters");
    }
    const settings = settingsOf(input, project);
    if (knobs.deletedRoles.has(settings.serviceRole))
      throw invalidInput(cannotAssume(settings.serviceRole));
    const build = newBuild(settings, builds.size + 1, place);
    const kind = kindOf(build);
    const mustWait = running(kind) >= knobs.limit;
    const waiting = queue.filter((one) => kindOf(one.build) === kind).length;
    if (mustWait && waiting >= knobs.limit * knobs.queueFactor) {
      throw new Rejection(
        "AccountLimitExceededException",
        `Cannot have more than ${knobs.limit * knobs.queueFactor} builds in queue for the account`,
      );
    }
    builds.set(build.id, build);
    if (token !== undefined) {
      const entry = { parameters: JSON.stringify(parameters), buildId: build.id, at: Date.now() };
      tokens.set(token, entry);
    }
    const turn = mustWait
      ? new Promise<void>((begin) => queue.push({ build, begin }))
      : Promise.resolve();
    const fault = knobs.faults > 0;
    if (fault) knobs.faults -= 1;
    const life = liveBuild(build, {
      ...lifeOf(build),
      turn,
      fault,
      provisioningMilliseconds: knobs.provisioningMilliseconds,
      minuteMilliseconds: knobs.minuteMilliseconds,
      region: place.region,
      roleProblem: () =>
        knobs.deletedRoles.has(settings.serviceRole)
          ? cannotAssume(settings.serviceRole)
          : undefined,
    });
    lives.set(build.id, life);
    const leave = () => {
      const at = queue.findIndex((one) => one.build === build);
      if (at >= 0) queue.splice(at, 1);
      admit();
    };
    life.done.then(leave, leave);
    return { build: describeBuild(build) };
  };

  const stopBuild = (input: Input): Input => {
    const build = builds.get(idOf(requiredText(input, "id")));
    if (build === undefined) {
      throw new Rejection("ResourceNotFoundException", `Build not found: ${input.id}`);
    }
    lives.get(build.id)?.stop();
    return { build: describeBuild(build) };
  };

  const batchGetBuilds = (input: Input): Input => {
    const ids = texts(input, "ids", page).map(idOf);
    return {
      builds: ids.flatMap((id) => {
        const build = builds.get(id);
        return build === undefined ? [] : [describeBuild(build)];
      }),
      buildsNotFound: ids.filter((id) => !builds.has(id)),
    };
  };

  const listBuildsForProject = (input: Input): Input => {
    const project = requiredText(projects.get(requiredText(input, "projectName")), "name");
    const ids = [...builds.values()]
      .filter(({ settings }) => settings.projectName === project)
      .map(({ id }) => id);
    if (text(input, "sortOrder") !== "ASCENDING") ids.reverse();
    const from = Number(text(input, "nextToken") ?? 0);
    const rest = ids.length > from + page;
    return {
      ids: ids.slice(from, from + page),
      ...(rest ? { nextToken: String(from + page) } : {}),
    };
  };

  const operations: Readonly<Record<string, (input: Input) => Input>> = {
    StartBuild: startBuild,
    StopBuild: stopBuild,
    BatchGetBuilds: batchGetBuilds,
    ListBuildsForProject: listBuildsForProject,
    CreateProject: projects.create,
    UpdateProject: projects.update,
    DeleteProject: projects.remove,
    BatchGetProjects: projects.batchGet,
  };

  return {
    operations,
    builds,
    /** Lets waiting builds begin after the limit was raised. */
    admit,
    close: async () => {
      for (const life of lives.values()) life.stop();
      await Promise.all([...lives.values()].map(({ done }) => done));
    },
  };
}

function cannotAssume(role: string): string {
  return `CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: 1) The provided service role exists, 2) The service role is trusted by CodeBuild: ${role}`;
}

function idOf(idOrArn: string): string {
  return idOrArn.startsWith("arn:") ? idOrArn.slice(idOrArn.indexOf("build/") + 6) : idOrArn;
}
