/**
 * A CI/CD variable as the runner receives it (GitLab Runner's `JobVariable`).
 * In a list of variables a later entry wins.
 */
export type Variable = {
  readonly key: string;
  readonly value: string;
  /** May be shown in API answers; `false` for anything that came from a secret. */
  readonly public?: boolean;
  /** Replaced by `[MASKED]` in job logs. */
  readonly masked?: boolean;
  /** The value is written to a file and the variable holds its path. */
  readonly file?: boolean;
  /** `expand: false`: `$` in the value is not expanded. */
  readonly raw?: boolean;
};

/** What stands for a secret wherever its value would be kept or shown. */
const hidden = "[MASKED]";

/** The same variables, secrets among them without their values: for whatever is stored or shown. */
export function withoutSecrets(variables: readonly Variable[]): readonly Variable[] {
  return variables.map((variable) =>
    variable.public === false ? { ...variable, value: hidden, raw: true } : variable,
  );
}

/** The last value of `key` in a list, or undefined when it is absent (which differs from empty). */
export function lastValue(variables: readonly Variable[], key: string): string | undefined {
  return variables.findLast((variable) => variable.key === key)?.value;
}
