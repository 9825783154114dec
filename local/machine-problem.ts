/**
 * A failure of the machine, the data or the settings that somebody can mend: the command line shows the message,
 * and how to get what is missing, instead of a stack trace.
 */
export class MachineProblem extends Error {
  readonly howToGet?: string | undefined;
}
