/** One thing that Slipway needs of the machine. */
export interface Requirement {
  readonly name: string;
  /** `warning`: Slipway runs, but something a job may need does not. */
  readonly state: "found" | "missing" | "warning";
  readonly detail: string;
  /** A command or address; absent when there is nothing to do. */
  readonly howToGet?: string;
}

export function found(name: string, detail: string): Requirement {
  return { name, state: "found", detail };
}

export function missing(name: string, detail: string, howToGet: string): Requirement {
  return { name, state: "missing", detail, howToGet };
}

export function warning(name: string, detail: string, howToGet: string): Requirement {
  return { name, state: "warning", detail, howToGet };
}

/** What makes everything ready that can be made ready. */
export const SETUP = "node local/setup/bootstrap.mjs";
