import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { EcrDouble } from "./ecr-double.ts";
import type { EcrRole } from "./world.ts";

/** A build's credentials endpoint, and the variables by which programs in the build find it and the double. */
export async function startCredentialsEndpoint(ecr: EcrDouble, role: EcrRole) {
  const keys = ecr.accessKey(role);
  const token = "token-of-the-credentials-endpoint";
  const server = createServer((request, response) => {
    if (request.headers.authorization !== token) {
      response.writeHead(403).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        Token: "session-token",
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/role`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
      AWS_ENDPOINT_URL_ECR: ecr.url,
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
