import { createInterface } from "node:readline";
import type Docker from "dockerode";
import { engineMessage } from "#engine/error.ts";
import type { ImageRequest } from "./image-request.ts";

/** A registry that does not even begin to answer is not waited for when the image is here. */
const FIRST_WORD_MILLISECONDS = 4_000;

/** Undefined once the image is there, else what the engine said. */
export async function attemptPull(
  engine: Docker,
  request: ImageRequest,
  stop: AbortSignal,
  present: boolean,
): Promise<string | undefined> {
  const silence = new AbortController();
  const timer = present ? setTimeout(() => silence.abort(), FIRST_WORD_MILLISECONDS) : undefined;
  try {
    const stream = await engine.createImage(request.auth ?? {}, {
      fromImage: request.ref,
      ...(request.platform && { platform: request.platform }),
      abortSignal: AbortSignal.any([stop, silence.signal]),
    });
    for await (const line of createInterface({ input: stream })) {
      clearTimeout(timer);
      const event: unknown = JSON.parse(line);
      if (typeof event === "object" && event !== null && "error" in event)
        return String(event.error);
    }
    return undefined;
  } catch (error) {
    return silence.signal.aborted ? noAnswer : engineMessage(error);
  } finally {
    clearTimeout(timer);
  }
}

const noAnswer = `its registry did not answer within ${FIRST_WORD_MILLISECONDS / 1000} s`;

/**
 * Asks the registry, with the job's own login, whether it hands out the very content that is here under the image's
 * name: undefined if it does, else what the engine said.
 */
export async function askForImage(
  engine: Docker,
  request: ImageRequest,
  digest: string,
): Promise<string | undefined> {
  const name = `${request.registry}/${request.repository}@${digest}`;
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(noAnswer), FIRST_WORD_MILLISECONDS);
  });
  const asked = engine
    .getImage(name)
    .distribution(request.auth === undefined ? {} : { authconfig: request.auth })
    .then(() => undefined, engineMessage);
  try {
    return await Promise.race([asked, silence]);
  } finally {
    clearTimeout(timer);
  }
}
