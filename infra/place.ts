import type { AwsSettings } from "#project/aws-settings.ts";
import { SettingsFileError } from "./read-settings.ts";

export type Place = {
  /** Undefined: whichever account the credentials belong to. */
  readonly account: string | undefined;
  readonly region: string;
};

/** Where to deploy: what the settings say, else what the CDK CLI found for the credentials at hand. */
export function placeFor(
  aws: AwsSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Place {
  const region = aws.region ?? environment.CDK_DEFAULT_REGION ?? environment.AWS_REGION;
  if (region === undefined) {
    throw new SettingsFileError(
      "error: no region: set `region` in the `aws` section of slipway.yaml, or AWS_REGION.",
    );
  }
  return { account: aws.account ?? environment.CDK_DEFAULT_ACCOUNT, region };
}
