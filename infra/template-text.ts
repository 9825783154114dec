import * as z from "zod/mini";

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.optional(z.looseObject({})),
});

export const templateSchema = z.looseObject({ Resources: z.record(z.string(), resource) });

export type ReadTemplate = z.infer<typeof templateSchema>;

const intrinsic = z.union([
  z.object({ Ref: z.string() }),
  z.object({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) }),
  z.object({ "Fn::Join": z.tuple([z.string(), z.array(z.unknown())]) }),
]);

export function isIntrinsic(value: unknown): boolean {
  return z.safeParse(intrinsic, value).success;
}

const names = ["QueueName", "FunctionName", "RoleName", "BucketName", "ManagedPolicyName"];

/** A value of a template as people read it: resources by their names, pseudo parameters as `REGION` and the like. */
export function templateText(template: ReadTemplate, value: unknown): string {
  if (typeof value === "string") return value;
  const read = z.safeParse(intrinsic, value);
  if (!read.success) return JSON.stringify(value);
  if ("Fn::Join" in read.data) {
    const [separator, parts] = read.data["Fn::Join"];
    return parts.map((part) => templateText(template, part)).join(separator);
  }
  const id = "Ref" in read.data ? read.data.Ref : read.data["Fn::GetAtt"][0];
  const pseudo = /^AWS::(\w+)$/.exec(id)?.[1];
  return pseudo === undefined ? nameOf(template, id) : pseudo.toUpperCase();
}

function nameOf(template: ReadTemplate, id: string): string {
  const properties: Readonly<Record<string, unknown>> = template.Resources[id]?.Properties ?? {};
  const name = names.map((each) => properties[each]).find((each) => typeof each === "string");
  return typeof name === "string" ? name : id;
}
