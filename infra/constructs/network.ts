import {
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  Subnet,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import type { AwsSettings } from "#project/aws-settings.ts";

export type Network = {
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];
  readonly securityGroups: ISecurityGroup[];
};

/** A network that exists: nothing is looked up, so that synthesis needs no account. */
export function networkOf(scope: Construct, given: NonNullable<AwsSettings["vpc"]>): Network {
  const vpc = Vpc.fromVpcAttributes(scope, "Vpc", { vpcId: given.id, availabilityZones: [] });
  return {
    vpc,
    subnets: given.subnetIds.map((id) => Subnet.fromSubnetId(scope, id, id)),
    securityGroups: given.securityGroupIds.map((id) =>
      SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false }),
    ),
  };
}
