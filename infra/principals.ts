import * as z from "zod/mini";
import { isIntrinsic, type ReadTemplate, templateText } from "./template-text.ts";

export type PrincipalStatement = {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: string;
};

/** A role with what it may do by its own policies, or a policy that roles share. */
export type Principal = {
  readonly name: string;
  /** Who takes the role; a policy has nobody. */
  readonly takenBy?: string;
  /** When it may be taken, as JSON; absent: always. */
  readonly takenOnlyIf?: string;
  /** Policies that it shares with others. */
  readonly shares: readonly string[];
  readonly statements: readonly PrincipalStatement[];
};

const oneOrMore = z.union([z.array(z.unknown()), z.unknown()]);
const statement = z.object({
  Effect: z.literal("Allow"),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.optional(z.unknown()),
});
const document = z.object({ Statement: z.array(statement) });
const trust = z.object({
  Statement: z.array(
    z.object({ Principal: z.object({ Service: z.string() }), Condition: z.optional(z.unknown()) }),
  ),
});
const role = z.looseObject({
  RoleName: z.optional(z.string()),
  AssumeRolePolicyDocument: trust,
  ManagedPolicyArns: z.optional(z.array(z.unknown())),
  Policies: z.optional(z.array(z.object({ PolicyDocument: document }))),
});
const policy = z.looseObject({
  PolicyDocument: document,
  Roles: z.optional(z.array(z.object({ Ref: z.string() }))),
});

/** Everybody that a template makes and everything that they may do. */
export function principalsOf(template: ReadTemplate): readonly Principal[] {
  const resources = Object.entries(template.Resources);
  const policies = resources
    .filter(([, { Type }]) => Type === "AWS::IAM::Policy")
    .map(([, { Properties }]) => z.parse(policy, Properties));
  return resources.flatMap(([id, { Type, Properties }]): readonly Principal[] => {
    if (Type === "AWS::IAM::ManagedPolicy") {
      const { PolicyDocument } = z.parse(policy, Properties);
      const name = templateText(template, { Ref: id });
      return [{ name, shares: [], statements: statementsOf(template, PolicyDocument) }];
    }
    if (Type !== "AWS::IAM::Role") return [];
    const given = z.parse(role, Properties);
    const own = policies.filter(({ Roles }) => Roles?.some(({ Ref }) => Ref === id) === true);
    const conditions = given.AssumeRolePolicyDocument.Statement.flatMap(({ Condition }) =>
      Condition === undefined ? [] : [conditionText(template, Condition)],
    );
    const documents = [...own, ...(given.Policies ?? [])].map((each) => each.PolicyDocument);
    return [
      {
        name: given.RoleName ?? id,
        takenBy: given.AssumeRolePolicyDocument.Statement.map(
          ({ Principal }) => Principal.Service,
        ).join(", "),
        ...(conditions.length > 0 && { takenOnlyIf: conditions.join(", ") }),
        shares: (given.ManagedPolicyArns ?? []).map(
          (arn) => templateText(template, arn).split("/").at(-1) ?? "",
        ),
        statements: documents.flatMap((each) => statementsOf(template, each)),
      },
    ];
  });
}

function statementsOf(
  template: ReadTemplate,
  { Statement }: z.infer<typeof document>,
): readonly PrincipalStatement[] {
  return Statement.map(({ Action, Resource, Condition }) => ({
    actions: listOf(Action).map(String),
    resources: listOf(Resource).map((each) => templateText(template, each)),
    ...(Condition !== undefined && { conditions: conditionText(template, Condition) }),
  }));
}

/** As JSON, with the names of resources instead of references. */
function conditionText(template: ReadTemplate, condition: unknown): string {
  return JSON.stringify(condition, (_, value: unknown) =>
    isIntrinsic(value) ? templateText(template, value) : value,
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
