import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inPackage } from "../../package-root.ts";
import { machineLacks } from "../capabilities.ts";
import { lastLines, run } from "../command.ts";
import { runtimeScript } from "../engine/engine-runtime.ts";
import { SetupProblem } from "../problem.ts";
import { imagesByTag, tagImage } from "./engine-images.ts";

const DOCKERFILE = inPackage("local/setup/images/engine.Dockerfile");

/** The image of docker-in-docker environments; the tag says what it was made from. */
export function engineImageName(contentHash: string): string {
  return `slipway/engine:${contentHash}`;
}

/** Names an image made here as the engine image; false when it had the name already. */
export async function nameEngineImage(
  socket: string,
  id: string,
  contentHash: string,
): Promise<boolean> {
  const name = engineImageName(contentHash);
  const present = await imagesByTag(socket);
  if (present.get(name) === id && present.get("slipway/engine:latest") === id) {
    return false;
  }
  await tagImage(socket, id, name);
  await tagImage(socket, id, "slipway/engine:latest");
  return true;
}

/** Changes with the recipe for machines that reach Docker Hub. */
export async function hubRecipeHash(): Promise<string> {
  const text = [await readFile(DOCKERFILE, "utf8"), (await machineLacks()).join()].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Builds the engine image from Docker Hub's `docker:dind`. */
export async function buildEngineImage(
  socket: string,
  client: string,
  contentHash: string,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "slipway-engine-"));
  try {
    await cp(DOCKERFILE, join(context, "Dockerfile"));
    const lacking = await machineLacks();
    await writeFile(
      join(context, "runc"),
      lacking.length > 0 ? runtimeScript("/usr/local/bin/runc", lacking) : "",
      { mode: 0o755 },
    );
    const tags = [engineImageName(contentHash), "slipway/engine:latest"];
    const args = ["build", "--pull", ...tags.flatMap((tag) => ["--tag", tag]), context];
    const { code, stdout, stderr } = await run(client, args, {
      env: { DOCKER_BUILDKIT: "1", DOCKER_HOST: `unix://${socket}` },
    });
    if (code !== 0) {
      throw new SetupProblem(
        `The engine image could not be built from Docker Hub's docker:dind:\n${lastLines(stderr || stdout)}`,
        "Where Docker Hub is out of reach, say so: SLIPWAY_OFFLINE=1",
      );
    }
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
