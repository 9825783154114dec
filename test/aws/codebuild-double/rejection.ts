/** An error as CodeBuild answers it: `__type` and a message with HTTP status 400. */
export class Rejection extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export function invalidInput(message: string): Rejection {
  return new Rejection("InvalidInputException", message);
}
