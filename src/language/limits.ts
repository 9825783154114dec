/** Bounds that keep any input within a second and 256 MB; every error about one names it. */
export const limits = {
  /** Bytes (UTF-8) of one file. */
  fileBytes: 1_048_576,
  /** Bytes of all files of a pipeline together. */
  allFilesBytes: 5_242_880,
  /** Words, signs and line ends of one file: what the time to read it depends on. */
  yamlTokens: 250_000,
  /** Nesting of maps and lists in one file (GitLab: `max_yaml_depth`). */
  yamlDepth: 100,
  /** Values in the configuration once aliases, `extends` and `!reference` are written out. */
  configValues: 500_000,
  /** Characters of the scripts, variables and other texts in it, written out likewise. */
  configCharacters: 20_000_000,
  /** Files included by a pipeline, in all levels together (GitLab: 150). */
  includes: 150,
  /** Ancestors of a job through `extends` (GitLab: 10). */
  extendsLevels: 10,
  /** Lists inside lists in `script` and in `rules` (GitLab: 10). */
  nestedLists: 10,
  /** `!reference` that leads to `!reference` (GitLab: 10). */
  referenceLevels: 10,
  /** Jobs defined in the file, hidden ones left out, `parallel` written out. */
  definedJobs: 5_000,
  /** Characters of the scripts and variables of all jobs of a pipeline together. */
  planCharacters: 20_000_000,
  /** Jobs of one pipeline. */
  pipelineJobs: 1_000,
  /** Jobs that one `parallel` gives (GitLab: 200). */
  parallelJobs: 200,
  /** Entries of one job's `needs` (GitLab: 50). */
  needs: 50,
  /** Characters of a job's name (GitLab: 255). */
  jobName: 255,
  /** Characters of a name in `needs` (GitLab: 128). */
  neededName: 128,
  /** Files of one `trigger:include` (GitLab: 3). */
  childFiles: 3,
  /** Entries of `cache` (GitLab: 4). */
  caches: 4,
  /** `fallback_keys` of one cache (GitLab: 5). */
  fallbackKeys: 5,
  /** Runner tags of one job (GitLab: fewer than 50). */
  runnerTags: 49,
  /** Patterns of one `changes` or `exists` (GitLab: 50). */
  patterns: 50,
  /** `options` of one input (GitLab: 50). */
  inputOptions: 50,
  /** Findings reported for one pipeline. */
  diagnostics: 100,
} as const;
