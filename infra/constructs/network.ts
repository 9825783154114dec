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
import { acknowledge } from "../acknowledge.ts";

export type Network = {
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];
  readonly securityGroups: ISecurityGroup[];
};

/** A network that exists: nothing is looked up, so that synthesis needs no account. */
export function networkOf(scope: Construct, given: NonNullable<AwsSettings["vpc"]>): Network {
  return {
    // Subnets are always named one by one, so that their zones need not be known.
    vpc: Vpc.fromVpcAttributes(scope, "Vpc", { vpcId: given.id, availabilityZones: ["unknown"] }),
    subnets: given.subnetIds.map((id) => subnetOf(scope, id)),
    securityGroups: given.securityGroupIds.map((id) =>
      SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false }),
    ),
  };
}

function subnetOf(scope: Construct, id: string): ISubnet {
  const subnet = Subnet.fromSubnetId(scope, id, id);
  acknowledge(subnet, {
    "@aws-cdk/aws-ec2:noSubnetRouteTableId": "Nothing here asks for the subnet's route table.",
  });
  return subnet;
}
