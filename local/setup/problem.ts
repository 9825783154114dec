import { MachineProblem } from "../machine-problem.ts";

/** Something the machine lacks: what it is, and how to get it by hand. */
export class SetupProblem extends MachineProblem {
  override readonly name = "SetupProblem";
  override readonly howToGet: string;

  constructor(message: string, howToGet: string, options?: ErrorOptions) {
    super(message, options);
    this.howToGet = howToGet;
  }
}
