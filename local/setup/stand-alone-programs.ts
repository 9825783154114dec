import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { librariesOf } from "./images/image-files.ts";
import { extractProgram } from "./packages.ts";
import { findProgram, isExecutable } from "./programs.ts";

/** CNCF Distribution's server: Debian's name for it, the project's own, or the one set-up took. */
export async function findRegistry(stateDirectory: string): Promise<string | undefined> {
  const taken = takenProgram(stateDirectory, "docker-registry");
  return (
    (await findProgram("docker-registry")) ??
    ((await isExecutable(taken)) ? taken : await findProgram("registry"))
  );
}

/** Takes the registry out of Debian's package. */
export async function takeRegistry(stateDirectory: string): Promise<string> {
  return take(stateDirectory, "docker-registry", "docker-registry", "usr/bin/docker-registry");
}

/** A busybox that needs no libraries, to make images of. */
export async function findStaticBusybox(stateDirectory: string): Promise<string | undefined> {
  const taken = takenProgram(stateDirectory, "busybox");
  for (const path of [await findProgram("busybox"), taken]) {
    if (path && (await isExecutable(path)) && (await librariesOf([path])).length === 0) {
      return path;
    }
  }
  return undefined;
}

/** Takes busybox out of `busybox-static`; installing that package would remove another `busybox`. */
export async function takeBusybox(stateDirectory: string): Promise<string> {
  return take(stateDirectory, "busybox", "busybox-static", "bin/busybox");
}

async function take(
  stateDirectory: string,
  name: string,
  packageName: string,
  pathInPackage: string,
): Promise<string> {
  const destination = takenProgram(stateDirectory, name);
  await mkdir(join(stateDirectory, "bin"), { recursive: true });
  return extractProgram(packageName, pathInPackage, destination);
}

function takenProgram(stateDirectory: string, name: string): string {
  return join(stateDirectory, "bin", name);
}
