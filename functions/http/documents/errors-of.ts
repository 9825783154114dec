import * as z from "zod/mini";
import type { ErrorCode } from "#service/error-code.ts";
import { noBody, type Operation } from "../operation/operation.ts";

/** All codes that the operation can answer: its own, and those that follow from its caller, parameters and body. */
export function errorsOf(operation: Operation): readonly ErrorCode[] {
  const { caller, body, errors } = operation;
  const all: readonly ErrorCode[] = [
    ...(body !== noBody || canRefuseParameters(operation) ? (["invalid_request"] as const) : []),
    ...(caller === "access_token" ? (["unauthenticated"] as const) : []),
    ...(body === noBody ? [] : (["too_large"] as const)),
    ...errors,
    "internal_error",
  ];
  return [...new Set(all)];
}

/** Texts that numbers, times and names of a least length refuse. */
const oddTexts = ["", "~"];

/** Some parameters are any text there is: of a path, where they cannot be left out, or of a query, where they may. */
function canRefuseParameters({ parameters, path }: Operation): boolean {
  const { properties = {} } = z.toJSONSchema(parameters, { io: "input" });
  const names = Object.keys(properties);
  const given = (those: readonly string[], text: string) =>
    Object.fromEntries(those.map((name) => [name, text]));
  const inPath = names.filter((name) => path.includes(`:${name}`));
  return oddTexts
    .flatMap((text) => [given(names, text), given(inPath, text)])
    .some((input) => !z.safeParse(parameters, input).success);
}
