import { collectBounded } from "./bounded-text.ts";

const timeoutMilliseconds = 10_000;

/** Text at a public address (`include:remote`), or undefined when it cannot be had. */
export async function fetchRemote(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMilliseconds) });
    if (!response.ok || response.body === null) return undefined;
    return await collectBounded(response.body);
  } catch {
    return undefined;
  }
}
