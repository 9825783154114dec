import { type ManagedPolicy, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { acknowledgePattern } from "../acknowledge.ts";
import type { Grant } from "../permissions.ts";

/** Adds the grants to a role or policy, and gives their reasons to cdk-nag. */
export function allow(to: Role | ManagedPolicy, grants: readonly Grant[]): void {
  for (const grant of grants) {
    const statement = new PolicyStatement({
      actions: [...grant.actions],
      resources: [...grant.resources],
      ...(grant.conditions !== undefined && { conditions: { ...grant.conditions } }),
    });
    if ("addStatements" in to) to.addStatements(statement);
    else to.addToPolicy(statement);
    for (const resource of grant.resources.filter((each) => /[*?]/.test(each))) {
      acknowledgePattern(to, resource, reasonOf(grant));
    }
  }
}

function reasonOf({ why, actions }: Grant): string {
  if (why === undefined) throw new Error(`${actions.join(", ")}: a pattern needs a reason`);
  return why;
}
