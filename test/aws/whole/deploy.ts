import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { runProgram } from "./processes.ts";

const root = resolve(import.meta.dirname, "../../..");
const cdk = join(root, "node_modules/aws-cdk/bin/cdk");
export const account = "123456789012";
export const region = "eu-central-1";

/** The emulator takes the account from the access key; the CDK CLI remembers accounts by it, over runs. */
export const accessKey = { accessKeyId: account, secretAccessKey: "emulator" };

/** What every SDK and the CDK CLI need to talk to the emulator. */
export function emulatorEnvironment(url: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
    AWS_REGION: region,
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: region,
    CDK_DISABLE_CLI_TELEMETRY: "true",
    CDK_DISABLE_VERSION_CHECK: "true",
    NODE_NO_WARNINGS: "1",
  };
}

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.optional(z.looseObject({})),
});
const templateSchema = z.looseObject({ Resources: z.record(z.string(), resourceSchema) });
const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

export type Resource = z.infer<typeof resourceSchema>;
export type Deployed = {
  /** By stack. */
  readonly outputs: z.infer<typeof outputsSchema>;
  readonly resources: readonly Resource[];
};

/**
 * `cdk synth`, `cdk bootstrap` and `cdk deploy --all` with the real CLI. Between synth and deploy the templates
 * lose the one resource type that the emulator does not know, and functions learn where AWS's stand-ins are.
 */
export async function deploySlipway(options: {
  readonly url: string;
  readonly settings: string;
  readonly directory: string;
  readonly functionVariables: Readonly<Record<string, string>>;
}): Promise<Deployed> {
  const { url, settings, directory, functionVariables } = options;
  const env = emulatorEnvironment(url);
  const assembly = join(directory, "cdk.out");
  const outputs = join(directory, "outputs.json");
  const run = (...args: string[]) =>
    runProgram(process.execPath, [cdk, ...args, "--no-notices"], { cwd: root, env });
  await Promise.all([
    run("synth", "--quiet", "--output", assembly, "--context", `settings=${settings}`),
    runProgram(process.execPath, [cdk, "bootstrap", `aws://${account}/${region}`], {
      cwd: directory,
      env,
    }),
  ]);
  const templates = readdirSync(assembly).filter((file) => file.endsWith(".template.json"));
  const resources = templates.flatMap((name) => adapt(join(assembly, name), functionVariables));
  const approval = ["--require-approval", "never"];
  await run("deploy", "--all", "--app", assembly, ...approval, "--outputs-file", outputs);
  return { outputs: outputsSchema.parse(JSON.parse(readFileSync(outputs, "utf8"))), resources };
}

/** Gives the resources as they were synthesized, those that the emulator does not get among them. */
function adapt(file: string, variables: Readonly<Record<string, string>>): readonly Resource[] {
  const template = templateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const resources = Object.values(template.Resources);
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (resource.Type === "AWS::ECR::RepositoryCreationTemplate") delete template.Resources[id];
    if (resource.Type !== "AWS::Lambda::Function") continue;
    const environment = z
      .looseObject({ Variables: z.optional(z.record(z.string(), z.unknown())) })
      .parse(resource.Properties?.Environment ?? {});
    resource.Properties = {
      ...resource.Properties,
      Environment: { ...environment, Variables: { ...environment.Variables, ...variables } },
    };
  }
  writeFileSync(file, JSON.stringify(template));
  return resources;
}
