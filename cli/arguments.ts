import { InvalidArgumentError } from "commander";

/** Id of a pipeline or a job, as `slipway pipelines` and `slipway status` show them. */
export function readId(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError("An id is a number, as `slipway pipelines` and `status` show it.");
}

/** A whole number between two others, both included. */
export function readWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A number from ${least} to ${most} is needed.`);
  };
}
