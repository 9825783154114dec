export type GitSetting = readonly [key: string, value: string];

export type GitEnvironment = {
  /** Settings beside the closed ones; where a setting has one value, this one counts. */
  readonly settings?: readonly GitSetting[];
  /** Variables beside the closed ones, which they may replace. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What is taken from the surroundings at all. @default process.env */
  readonly from?: Readonly<Record<string, string | undefined>>;
};

/**
 * No program that a repository names in its own configuration is run by looking at it (git manual: git-config):
 * no hook, no file system monitor, no transport `ext::`, no check of signatures.
 */
const NO_PROGRAMS: readonly GitSetting[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["protocol.ext.allow", "never"],
  ["log.showSignature", "false"],
];

/** What a repository of somebody else may not choose either. */
const NOTHING_OF_ITS_OWN: readonly GitSetting[] = [
  ...NO_PROGRAMS,
  ["core.attributesFile", "/dev/null"],
  ["core.sshCommand", "ssh"],
  ["core.alternateRefsCommand", ""],
  ["credential.helper", ""],
];

/** Objects are what their names say, nobody is asked for anything, and a look writes nothing. */
const QUIET = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_REPLACE_OBJECTS: "1",
};

/** Says where a user's configuration and repositories are; no other variable of git is taken over. */
const KEPT_OF_USER = new Set([
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CEILING_DIRECTORIES",
  "GIT_DISCOVERY_ACROSS_FILESYSTEM",
]);

/**
 * The environment of a git process in a repository of the service. Nothing comes from outside but the search
 * path: no `GIT_…`, no configuration of the user or the system; the repository's own names no program.
 */
export function closedGit(options: GitEnvironment = {}): Record<string, string> {
  const { settings = [], variables = {}, from = process.env } = options;
  return {
    PATH: from.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    ...QUIET,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_ASKPASS: "true",
    // Of several `core.gitProxy` the first one counts, which is the repository's: only this variable is before it.
    GIT_PROXY_COMMAND: "",
    GIT_NO_LAZY_FETCH: "1",
    ...variables,
    ...settingVariables([...NOTHING_OF_ITS_OWN, ...settings]),
  };
}

/**
 * The environment of a git process in a working tree of the user: with the user's configuration, since what is
 * ignored, converted or filtered there is to be so here, but closed otherwise.
 */
export function usersGit(options: GitEnvironment = {}): Record<string, string> {
  const { settings = [], variables = {}, from = process.env } = options;
  const kept = Object.entries(from).flatMap(([name, value]) =>
    value !== undefined && (!name.startsWith("GIT_") || KEPT_OF_USER.has(name))
      ? [[name, value] as const]
      : [],
  );
  return {
    ...Object.fromEntries(kept),
    ...QUIET,
    ...variables,
    ...settingVariables([...NO_PROGRAMS, ...settings]),
  };
}

/** Settings that count more than those of any file (git manual: git, `GIT_CONFIG_COUNT`; since 2.31). */
function settingVariables(settings: readonly GitSetting[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}
