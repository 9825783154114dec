import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  makeRepository,
  pipelineOf,
  run,
  type Slipway,
  startSlipway,
} from "../end-to-end/harness.ts";
import { archiveAttacks, configurationAttacks, flagAttacks, linkAttacks } from "./file-attacks.ts";
import { type Aim, type Attack, pipelineOfAttacks } from "./support/attack.ts";
import { type Canary, type CanaryListener, canaryListener, makeCanary } from "./support/canary.ts";

let slipway: Slipway;
let canary: Canary;
let listener: CanaryListener;

const projects = { plain: "plain/app", socket: "socket/app", engine: "engine/app" } as const;

beforeAll(async () => {
  canary = makeCanary();
  listener = await canaryListener();
  slipway = await startSlipway(
    [
      "defaults: { max_environments: 2 }",
      "projects:",
      `  ${projects.plain}: { privileged: false }`,
      `  ${projects.socket}: { executor: docker-socket, capacity: 3 }`,
      `  ${projects.engine}: { executor: docker-in-docker }`,
      "",
    ].join("\n"),
  );
});
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  await listener.close();
  canary.remove();
  expect(left).toEqual([]);
});

const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];

type Ended = { readonly pipeline: PipelineView; readonly logs: ReadonlyMap<string, string> };

async function attackAll(
  project: string,
  attacks: readonly Attack[],
  aimOf: (attack: Attack) => Aim,
  image: string,
): Promise<Ended> {
  const repository = await makeRepository(slipway, project);
  const files = attacks.map((attack) => attack.files?.(aimOf(attack)) ?? {});
  const [variables, own] = ["variables:\n  ARTIFACT_COMPRESSION_LEVEL: fastest\n", "ci"] as const;
  const cache = "  CACHE_COMPRESSION_LEVEL: fastest\n";
  repository.write({
    ...Object.assign({}, ...files),
    ".gitlab-ci.yml": variables + cache + pipelineOfAttacks(attacks, aimOf, image),
  });
  for (const name of attacks.flatMap(({ submodules }) => submodules ?? [])) {
    const inside = ["-C", join(repository.directory, name), ...identity];
    await run("git", ["init", "-q", join(repository.directory, name)]);
    await run("git", [...inside, "commit", "-q", "--allow-empty", "-m", "empty"]);
  }
  const branch = `${own}-${Math.random().toString(36).slice(2)}`;
  const { sha } = await repository.push({ branch });
  const pipeline = await pipelineOf(slipway, project, sha);
  expect(pipeline.problems).toEqual([]);
  const jobs = Object.values(jobsOf(pipeline));
  const logs = await Promise.all(
    jobs.map(async ({ name, id }) => [name, await logOf(slipway, id)] as const),
  );
  return { pipeline, logs: new Map(logs) };
}

function expectEnds({ pipeline, logs }: Ended, attacks: readonly Attack[]): void {
  for (const { name, ends, says } of attacks) {
    const log = logs.get(name);
    if (ends !== undefined) expect(jobsOf(pipeline)[name]?.status, log).toBe(ends);
    if (says !== undefined) expect(log).toMatch(says);
  }
}

const kinds = [
  ["flags for git", flagAttacks],
  ["git's configuration", configurationAttacks],
  ["links in the builds", linkAttacks],
  ["archives", archiveAttacks],
] as const;

describe.each([
  ["privileged: false", projects.plain],
  ["docker-socket", projects.socket],
])("a hostile job (%s) reaches nothing of the machine", (title, project) => {
  const short = project.split("/")[0];

  test.each(kinds)("by %s", async (_kind, attacks) => {
    const place = (name: string) => `${short}-${name.replaceAll(/\W+/g, "-")}`;
    const aims = new Map(
      attacks.map(({ name }) => {
        const directory = canary.directory(place(name));
        return [name, { directory, port: listener.port, project }];
      }),
    );
    const ended = await attackAll(project, attacks, ({ name }) => aimIn(aims, name), "busybox");
    expect(canary.changed(attacks.map(({ name }) => place(name))), title).toEqual([]);
    expect(listener.heard()).toEqual([]);
    expectEnds(ended, attacks);
    // Neither logs nor artifacts nor caches hold anything of it.
    const found = run("grep", ["-rlF", canary.secret, slipway.data]);
    await expect(found).rejects.toMatchObject({ code: 1, stdout: "" });
  });

  test("by programs with root's rights, or devices, that it leaves on the machine's disk", async () => {
    const repository = await makeRepository(slipway, project);
    repository.write({
      ".gitlab-ci.yml": [
        "leave:",
        "  image: busybox",
        "  script:",
        "    - cp /bin/busybox root && chmod 6755 root && mknod device c 1 5 && mkfifo pipe",
        "    - echo all is made",
        "    - sleep 5",
        "",
      ].join("\n"),
    });
    const { sha } = await repository.push({ branch: "leave" });
    const running = await pipelineOf(slipway, project, sha, {
      until: (view) => jobsOf(view).leave?.status === "running",
    });
    const id = jobsOf(running).leave?.id ?? 0;
    await expect.poll(() => logOf(slipway, id), { timeout: 60_000 }).toMatch(/^all is made/m);
    const wanted = ["(", "-perm", "/6000", "-o", "-type", "c,b,p", ")", "-print"];
    const { stdout } = await run("find", [slipway.data, ...wanted]);
    expect(stdout).toBe("");
    expect((await pipelineOf(slipway, project, sha)).status).toBe("success");
  });
});

function aimIn(aims: ReadonlyMap<string, Aim>, name: string): Aim {
  const aim = aims.get(name);
  if (aim === undefined) throw new Error(`There is no aim for ${name}.`);
  return aim;
}

/**
 * In an environment of its own the runner is beside the job's engine, which the job may use as it likes. Its
 * files are made and looked at through that engine; the attack goes by the runner alone.
 */
describe("a hostile job (docker-in-docker) gets the runner of its environment to do nothing for it", () => {
  const place = (index: number) => `/canary/${index}`;
  const inside = (index: number, command: string) =>
    `docker run --rm -v ${place(index)}:/c busybox sh -c '${command}'`;

  function watched(attack: Attack, index: number): Attack {
    return {
      ...attack,
      job: (aim) => {
        const { hooks, script, ...job } = attack.job(aim);
        const commands = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
        const before =
          typeof hooks === "object" && hooks !== null && "pre_get_sources_script" in hooks
            ? commands(hooks.pre_get_sources_script)
            : [];
        const make = inside(index, "mkdir /c/sub; echo as made | tee /c/canary > /c/sub/file");
        const look = inside(index, "cd /c; echo `find . | sort` `cat canary sub/file`");
        return {
          ...job,
          hooks: { pre_get_sources_script: [make, ...before] },
          script: [...commands(script), `echo "seen: $(${look})"`],
        };
      },
    };
  }

  test.each(kinds.slice(1))("by %s", async (_kind, attacks) => {
    const all = attacks.map(watched);
    const aimOf = ({ name }: Attack): Aim => ({
      directory: place(all.findIndex((attack) => attack.name === name)),
      port: 9,
      project: projects.engine,
    });
    const ended = await attackAll(projects.engine, all, aimOf, "docker:stable");
    for (const attack of all) {
      const seen = /^seen: .*$/m.exec(ended.logs.get(attack.name) ?? "")?.[0];
      // Who races against git, or gives it submodules that there are none of, may never come to the script.
      const mayBreak = "services" in attack.job(aimOf(attack)) || attack.submodules !== undefined;
      if (seen === undefined && mayBreak) continue;
      expect(seen, ended.logs.get(attack.name)).toBe(
        "seen: . ./canary ./sub ./sub/file as made as made",
      );
    }
    expectEnds(ended, all);
  });

  test("by flags for git", async () => {
    const aim = { directory: "/canary", port: 9, project: projects.engine };
    const ended = await attackAll(projects.engine, flagAttacks, () => aim, "docker:stable");
    expectEnds(ended, flagAttacks);
  });
});
