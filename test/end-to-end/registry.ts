import type { Slipway } from "./harness.ts";

/** Status of a registry request made with these credentials, by the token the service gives for them. */
export async function askRegistry(
  slipway: Slipway,
  password: string,
  repository: string,
  path: string,
  options: { method?: string; actions?: string } = {},
): Promise<{ token: number; status: number; body: string }> {
  const { port } = slipway;
  const scope = `repository:${repository}:${options.actions ?? "pull"}`;
  const auth = await fetch(
    `http://127.0.0.1:${port + 1}/jwt/auth?service=slipway&scope=${encodeURIComponent(scope)}`,
    {
      headers: {
        authorization: `Basic ${Buffer.from(`gitlab-ci-token:${password}`).toString("base64")}`,
      },
    },
  );
  if (!auth.ok) return { token: auth.status, status: 0, body: await auth.text() };
  const { token } = (await auth.json()) as { token: string };
  const answer = await fetch(`http://127.0.0.1:${port + 1}/v2/${repository}/${path}`, {
    method: options.method ?? "GET",
    headers: { authorization: `Bearer ${token}` },
  });
  return { token: auth.status, status: answer.status, body: await answer.text() };
}

/** Tags as the real registry lists them, sorted. */
export async function tagsOf(slipway: Slipway, repository: string): Promise<string[]> {
  const { status, body } = await askRegistry(slipway, slipway.token(), repository, "tags/list");
  if (status !== 200) return [];
  const { tags } = JSON.parse(body) as { tags: string[] | null };
  return (tags ?? []).toSorted();
}
