import { createHash } from "node:crypto";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { keptMilliseconds, parseSecretText, type SecretValue, secretText } from "./secret-text.ts";

/** A secret holds something else than a value. Its content is not repeated here. */
export class UnreadableSecret extends Error {
  override readonly name = "UnreadableSecret";

  constructor(secretId: string) {
    super(
      `The secret ${secretId} in Secrets Manager cannot be read: set its plaintext to the value alone.`,
    );
  }
}

export type Vault = {
  readonly client: SecretsManagerClient;
  readonly prefix: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

const longestId = 480;

/**
 * Names in Secrets Manager have letters, digits and `/_+=.@-`. Other bytes, and `=` itself, are written `=XX`;
 * a very long name goes by its hash.
 */
export function secretId(prefix: string, name: string): string {
  const id = prefix + name.replaceAll(/[^A-Za-z0-9/_+.@-]/gu, escaped);
  if (id.length <= longestId) return id;
  return `${prefix}=sha256=${createHash("sha256").update(name).digest("hex")}`;
}

function escaped(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");
}

/** All values that are kept, newest first; undefined where there is no such secret. */
export async function readSecret(
  vault: Vault,
  name: string,
): Promise<readonly SecretValue[] | undefined> {
  const current = await readVersion(vault, name, "AWSCURRENT");
  if (current === undefined) return undefined;
  const values = parse(vault, name, current);
  const newest = values[0];
  if (!current.isPlain || newest === undefined) return values;
  // Set by hand, Secrets Manager itself keeps the one before.
  if (vault.now() >= Date.parse(newest.addedAt) + keptMilliseconds) return values;
  const previous = await readVersion(vault, name, "AWSPREVIOUS");
  return previous === undefined ? values : [...values, ...parse(vault, name, previous)];
}

type Version = { readonly text: string; readonly createdAt: string; readonly isPlain: boolean };

async function readVersion(
  vault: Vault,
  name: string,
  stage: "AWSCURRENT" | "AWSPREVIOUS",
): Promise<Version | undefined> {
  try {
    const answer = await vault.client.send(
      new GetSecretValueCommand({ SecretId: secretId(vault.prefix, name), VersionStage: stage }),
    );
    const text = answer.SecretString ?? "";
    return {
      text,
      createdAt: (answer.CreatedDate ?? new Date(0)).toISOString(),
      isPlain: !text.trim().startsWith("{"),
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException || isMarkedForDeletion(error)) return undefined;
    throw error;
  }
}

/** Deleted by somebody, but kept by Secrets Manager for some days more. */
function isMarkedForDeletion(error: unknown): boolean {
  return error instanceof InvalidRequestException && /marked for deletion/i.test(error.message);
}

function parse(vault: Vault, name: string, version: Version): readonly SecretValue[] {
  const values = parseSecretText(version.text, version.createdAt);
  if (values === undefined) throw new UnreadableSecret(secretId(vault.prefix, name));
  return values;
}

export async function createSecret(
  vault: Vault,
  name: string,
  values: readonly SecretValue[],
): Promise<"created" | "exists"> {
  try {
    await vault.client.send(
      new CreateSecretCommand({
        Name: secretId(vault.prefix, name),
        SecretString: secretText(values),
      }),
    );
    return "created";
  } catch (error) {
    if (error instanceof ResourceExistsException) return "exists";
    throw error;
  }
}

export async function replaceSecret(
  vault: Vault,
  name: string,
  values: readonly SecretValue[],
): Promise<void> {
  await vault.client.send(
    new PutSecretValueCommand({
      SecretId: secretId(vault.prefix, name),
      SecretString: secretText(values),
    }),
  );
}
