import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import * as z from "zod/mini";

/** Says why findings of cdk-nag (rule → reason) are as they should be on this construct and what it holds. */
export function acknowledge(
  construct: IConstruct,
  reasons: Readonly<Record<string, string>>,
): void {
  for (const [rule, reason] of Object.entries(reasons)) {
    Validations.of(construct).acknowledge({ id: rule, reason });
  }
}

/** Says why a policy's resource is a pattern: cdk-nag has a finding for each. */
export function acknowledgePattern(construct: IConstruct, resource: string, reason: string): void {
  const text = flat(Stack.of(construct).resolve(resource));
  acknowledge(construct, { [`AwsSolutions-IAM5[Resource::${text}]`]: reason });
}

const join = z.object({ "Fn::Join": z.tuple([z.string(), z.array(z.unknown())]) });
const ref = z.object({ Ref: z.string() });
const attribute = z.object({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) });

/** As cdk-nag writes what is known only at deployment. */
function flat(value: unknown): string {
  if (typeof value === "string") return value.replaceAll("${", "<").replaceAll("}", ">");
  const joined = z.safeParse(join, value);
  if (joined.success) {
    const [separator, parts] = joined.data["Fn::Join"];
    return parts.map(flat).join(separator);
  }
  const reference = z.safeParse(ref, value);
  if (reference.success) return `<${reference.data.Ref}>`;
  const got = z.safeParse(attribute, value);
  if (got.success) return `<${got.data["Fn::GetAtt"].join(".")}>`;
  return JSON.stringify(value);
}
