import { stringify } from "yaml";

/** Where an attack aims: on the machine that the runner's process is on. */
export type Aim = {
  /** A directory with `canary` and `sub/file` in it. */
  readonly directory: string;
  /** The port of a listener on the machine's loopback. */
  readonly port: number;
  /** The project's path. */
  readonly project: string;
};

export type Attack = {
  readonly name: string;
  /** The job, as `.gitlab-ci.yml` has it; `image` and `script` are filled in where it has none. */
  readonly job: (aim: Aim) => Readonly<Record<string, unknown>>;
  /** Files of the repository, beside the configuration. */
  readonly files?: (aim: Aim) => Readonly<Record<string, string>>;
  /** Directories that the repository has as submodules. */
  readonly submodules?: readonly string[];
  /** How the job ends; most may end as they like. */
  readonly ends?: "success" | "failed";
  /** What its log says, where that matters. */
  readonly says?: RegExp;
};

/** A hook that runs before there are sources. */
export function hook(...commands: string[]): { readonly hooks: Readonly<Record<string, unknown>> } {
  return { hooks: { pre_get_sources_script: commands } };
}

/**
 * A service that has the builds mounted too and does this over and over as the job's root, until the last
 * command succeeded 400 times. The sources are tried once more, as the first try often breaks.
 */
export function racing(
  image: string,
  ...commands: string[]
): Readonly<Record<string, unknown>> & { readonly variables: Readonly<Record<string, unknown>> } {
  const work = commands.join("; ");
  // The pause leaves the machine to those that race against it.
  const loop = `n=0; while [ $n -lt 400 ]; do ${work} && n=$((n+1)); usleep 500; done; sleep 600`;
  return {
    ...hook("sleep 1"),
    services: [{ name: image, alias: "rival", entrypoint: ["sh", "-c"], command: [loop] }],
    variables: { GET_SOURCES_ATTEMPTS: "2" },
  };
}

/** The configuration of a pipeline with one job for each attack. */
export function pipelineOfAttacks(
  attacks: readonly Attack[],
  aimOf: (attack: Attack) => Aim,
  image: string,
): string {
  const jobs = attacks.map((attack) => {
    const job = { image, script: ["true"], ...attack.job(aimOf(attack)) };
    return [attack.name, { ...job, allow_failure: true }] as const;
  });
  return stringify(Object.fromEntries(jobs), { lineWidth: 0, aliasDuplicateObjects: false });
}
