import * as z from "zod/mini";

/** Throws, naming every variable that is missing or wrong, never its value. */
export function readEnv<Schema extends z.core.$ZodType>(
  schema: Schema,
  variables: Readonly<Record<string, string | undefined>>,
): z.core.output<Schema> {
  const read = z.safeParse(schema, variables);
  if (read.success) return read.data;
  const names = new Set(read.error.issues.map(({ path }) => path.join(".")));
  throw new Error(
    `The function's environment is wrong: check ${[...names].join(", ")}. \`npx cdk deploy\` sets all of them.`,
  );
}
