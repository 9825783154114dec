import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

type Version = { readonly text: string; readonly createdAt: number };

/** Newest first: the first is AWSCURRENT, the second AWSPREVIOUS. */
type Secret = readonly Version[];

export type SecretsManagerDouble = {
  readonly endpoint: string;
  readonly client: SecretsManagerClient;
  readonly secrets: Map<string, Secret>;
  /** "Operation name", in order. */
  readonly requests: string[];
  /** As somebody does it in the console. */
  readonly setByHand: (name: string, text: string) => void;
  /** As the console does it: marked for deletion, and kept for some days. */
  readonly deleteByHand: (name: string) => void;
  /** An error code that every request is answered with. */
  failWith: string | undefined;
  /** Epoch milliseconds. */
  now: () => number;
  readonly close: () => Promise<void>;
};

type Input = Readonly<Record<string, unknown>>;
type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** GetSecretValue, CreateSecret and PutSecretValue as AWS Secrets Manager has them, names checked. */
export async function startSecretsManagerDouble(): Promise<SecretsManagerDouble> {
  const secrets = new Map<string, Secret>();
  const deleted = new Set<string>();

  function setByHand(name: string, text: string): void {
    secrets.set(name, [{ text, createdAt: double.now() }, ...(secrets.get(name) ?? [])]);
  }

  function get(name: string, stage: unknown): Answer {
    if (deleted.has(name)) {
      return failure(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    const version = secrets.get(name)?.[stage === "AWSPREVIOUS" ? 1 : 0];
    if (version === undefined) return failure("ResourceNotFoundException");
    const CreatedDate = version.createdAt / 1000;
    return { status: 200, body: { Name: name, SecretString: version.text, CreatedDate } };
  }

  function answer(operation: string, input: Input): Answer {
    const name = String(input.SecretId ?? input.Name ?? "");
    double.requests.push(`${operation} ${name}`);
    if (double.failWith !== undefined) return failure(double.failWith);
    if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) return failure("ValidationException");
    if (operation === "GetSecretValue") return get(name, input.VersionStage);
    // The SDK adds this token; AWS refuses a write without one.
    if (input.ClientRequestToken === undefined) return failure("InvalidRequestException");
    const exists = secrets.has(name);
    if (operation === "CreateSecret" && exists) return failure("ResourceExistsException");
    if (operation === "PutSecretValue" && !exists) return failure("ResourceNotFoundException");
    setByHand(name, String(input.SecretString));
    return { status: 200, body: { Name: name, VersionId: randomUUID() } };
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [service, operation = ""] = String(request.headers["x-amz-target"]).split(".");
    const { status, body } =
      service === "secretsmanager"
        ? answer(operation, JSON.parse(Buffer.concat(chunks).toString()))
        : failure("UnknownOperationException");
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new SecretsManagerClient({
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  const double: SecretsManagerDouble = {
    endpoint,
    client,
    deleteByHand: (name) => {
      deleted.add(name);
    },
    secrets,
    requests: [],
    setByHand,
    failWith: undefined,
    now: Date.now,
    close: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return double;
}

function failure(code: string, message = code): Answer {
  return { status: 400, body: { __type: code, Message: message } };
}
