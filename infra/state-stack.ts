import { RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { defined } from "#language/defined.ts";
import type { AwsSettings } from "#project/aws-settings.ts";
import { acknowledge } from "./acknowledge.ts";
import { blobsBucket } from "./constructs/blobs-bucket.ts";
import { stateTable } from "./constructs/state-table.ts";
import type { Names } from "./names.ts";

/** What must not be lost: the table, the blobs, the secrets. Everything here stays when the stack goes. */
export class StateStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { readonly names: Names; readonly aws: AwsSettings },
  ) {
    super(scope, id, { ...props, terminationProtection: true });
    const { names, aws } = props;
    const key =
      aws.kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, "Key", aws.kmsKeyArn);
    stateTable(this, names.table.name, key);
    if (aws.bucket === undefined) blobsBucket(this, names.bucketName, key);
    keptSecret(this, names, key, {
      name: "webhook-master",
      description: "Slipway: webhook secrets are derived from it, but for those set by hand",
    });
    keptSecret(this, names, key, {
      name: "access-token",
      description: "Slipway: the token of people and scripts, for the API and the pages",
    });
  }
}

function keptSecret(
  scope: Construct,
  names: Names,
  key: IKey | undefined,
  props: { readonly name: string; readonly description: string },
): void {
  const secret = new Secret(scope, props.name, {
    secretName: `${names.secretsPrefix}${props.name}`,
    description: props.description,
    generateSecretString: { passwordLength: 48, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN,
    ...defined({ encryptionKey: key }),
  });
  acknowledge(secret, {
    "AwsSolutions-SMG4":
      "Forges and people hold copies of it, so a rotation is theirs too: by hand, and the value before stays valid for a day.",
  });
}
