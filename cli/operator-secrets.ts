import { join } from "node:path";
import { type Command, Option } from "commander";
import { readConfig } from "#local/data/data-directory.ts";
import { loadSettings } from "#local/wire/load-settings.ts";
import type { Settings } from "#project/parse-settings.ts";
import { fileSecrets } from "#secrets/file.ts";
import type { Secrets } from "#secrets/secrets.ts";
import { CliError, exitCodes } from "./failure.ts";
import type { CommonOptions } from "./options.ts";

export type SecretOptions = CommonOptions & {
  readonly aws?: boolean;
  readonly region?: string;
  readonly config: string;
};

/** Options of commands that read or set a service's secrets themselves, by the rights of whoever calls them. */
export function withSecretOptions(command: Command): Command {
  return command
    .option("--aws", "of the service on AWS, with your own AWS credentials")
    .addOption(
      new Option("--region <region>", "its region, where slipway.yaml names none").env(
        "AWS_REGION",
      ),
    )
    .option("--config <file>", "project settings", "slipway.yaml");
}

/** The secrets of the service that the options name; failures of AWS are explained. */
export async function operatorSecrets(options: SecretOptions): Promise<Secrets> {
  if (options.aws === true) return awsSecrets(await loadSettings(options.config), options.region);
  if ((await readConfig(options.data)) === undefined) {
    throw new CliError(
      `There is no service in ${options.data}: run \`slipway up\` once, or add --aws for the one on AWS.`,
      exitCodes.absent,
    );
  }
  return fileSecrets(join(options.data, "secrets"));
}

async function awsSecrets({ aws }: Settings, given: string | undefined): Promise<Secrets> {
  const region = aws.region ?? given;
  if (region === undefined) {
    throw new CliError(
      "The region is missing: write it in the `aws` section of slipway.yaml, or add --region.",
      exitCodes.usage,
    );
  }
  // The SDK's advice to update Node is for those who write programs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // Large, and of no use to any other command.
  const [{ SecretsManagerClient }, { secretsManagerSecrets }] = await Promise.all([
    import("@aws-sdk/client-secrets-manager"),
    import("#secrets/secrets-manager.ts"),
  ]);
  const secrets = secretsManagerSecrets({
    client: new SecretsManagerClient({ region }),
    prefix: `${aws.name}/`,
  });
  const explained = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw explain(error, region);
    }
  };
  return {
    get: (name, how) => explained(secrets.get(name, how)),
    ensure: (name) => explained(secrets.ensure(name)),
    rotate: (name, value) => explained(secrets.rotate(name, value)),
  };
}

/** What AWS or its client said; a bug of ours stays one. */
function explain(error: unknown, region: string): unknown {
  if (!(error instanceof Error)) return error;
  const isOfAws = "$metadata" in error || "$service" in error || "tryNextLink" in error;
  const isNetwork = "code" in error && typeof error.code === "string";
  if (!isOfAws && !isNetwork) return error;
  return new CliError(
    `Secrets Manager in ${region} did not do it: ${error.name}: ${error.message}`,
    exitCodes.failed,
    { cause: error },
  );
}
