import { run } from "../command.ts";
import { findPrograms } from "../programs.ts";

export interface DockerClient {
  readonly path: string;
  readonly version: string;
}

/**
 * The first `docker` on PATH that can build with BuildKit. Clients up to 22 have it built in; newer ones
 * hand `docker build` to the buildx plugin and fail without it.
 */
export async function findDockerClient(): Promise<DockerClient | undefined> {
  for (const path of await findPrograms("docker")) {
    const version = clientVersion((await run(path, ["--version"], { timeLimit: 10_000 })).stdout);
    if (version && (buildsAlone(version) || (await hasBuildx(path)))) {
      return { path, version };
    }
  }
  return undefined;
}

/** The version in what `docker --version` says. */
export function clientVersion(text: string): string | undefined {
  return /^Docker version ([^,\s]+)/m.exec(text)?.[1];
}

/** Whether this version builds with BuildKit without a plugin. */
export function buildsAlone(version: string): boolean {
  const major = Number.parseInt(version, 10);
  return major >= 19 && major < 23;
}

async function hasBuildx(path: string): Promise<boolean> {
  const { code, stdout } = await run(path, ["buildx", "version"], { timeLimit: 10_000 });
  return code === 0 && /buildx/.test(stdout);
}
