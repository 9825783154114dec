import { access, chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lastLines, run } from "./command.ts";
import { SetupProblem } from "./problem.ts";
import { findProgram } from "./programs.ts";

/** What a machine has, as far as it decides which packages to install. */
export interface Found {
  readonly engineAnswers: boolean;
  readonly dockerd: boolean;
  /** A client that can `docker build` with BuildKit. */
  readonly client: boolean;
  readonly git: boolean;
  readonly iptables: boolean;
  /** Makes the certificates of `docker:dind`; an image made here carries it. */
  readonly openssl: boolean;
}

/** The Debian packages that make up for what is missing, in a fixed order. */
export function packagesToInstall(found: Found): string[] {
  const wanted: string[] = [];
  const needsEngine = !found.engineAnswers && !found.dockerd;
  if (needsEngine || !found.client) {
    wanted.push("docker.io");
  }
  if (!found.engineAnswers && !found.iptables) {
    wanted.push("iptables");
  }
  if (!found.git) {
    wanted.push("git");
  }
  if (!found.openssl) {
    wanted.push("ca-certificates", "openssl");
  }
  return wanted;
}

/** Whether apt can be used: Debian or a relative of it. */
export async function isDebian(): Promise<boolean> {
  return (await findProgram("apt-get")) !== undefined && (await findProgram("dpkg")) !== undefined;
}

/** Installs packages with their required dependencies only; refreshes the package lists when that fails. */
export async function installPackages(names: readonly string[]): Promise<void> {
  const byHand = `apt-get update && apt-get install --no-install-recommends --no-remove ${names.join(" ")}`;
  if (!(await isDebian())) {
    throw new SetupProblem(
      `This machine lacks ${names.join(", ")} and has no apt to get them with.`,
      "Install Docker Engine 20.10 or newer (https://docs.docker.com/engine/install/) and git, then start the engine.",
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupProblem(
      `This machine lacks ${names.join(", ")}, and only root may install packages.`,
      `sudo sh -c '${byHand}'`,
    );
  }
  // Without --no-remove, Debian's docker.io would replace an installed Docker CE.
  const options = ["install", "-y", "-q", "--no-install-recommends", "--no-remove"];
  const install = async () => apt([...options, ...names, ...(await companions(names))]);
  await withoutStartingServices(async () => {
    if ((await install()).code === 0) {
      return;
    }
    await apt(["update", "-q"]);
    const second = await install();
    if (second.code !== 0) {
      throw new SetupProblem(
        `apt-get could not install ${names.join(", ")}:\n${lastLines(second.stderr || second.stdout)}`,
        byHand,
      );
    }
  });
}

/** From Debian 13 on, the client and its BuildKit plugin are packages of their own. */
async function companions(names: readonly string[]): Promise<string[]> {
  if (!names.includes("docker.io")) {
    return [];
  }
  const known = await Promise.all(
    ["docker-cli", "docker-buildx"].map(async (name) =>
      (await run("apt-cache", ["show", "--no-all-versions", name])).code === 0 ? [name] : [],
    ),
  );
  return known.flat();
}

/**
 * Takes one program out of a Debian package without installing the package: installing
 * `docker-registry` would start an open registry as a service of the machine.
 */
export async function extractProgram(
  packageName: string,
  pathInPackage: string,
  destination: string,
): Promise<string> {
  if (!(await isDebian())) {
    throw new SetupProblem(
      `This machine lacks ${packageName} and has no apt to get it with.`,
      packageName === "docker-registry"
        ? "Put CNCF Distribution's `registry` on PATH: https://github.com/distribution/distribution/releases"
        : "Put a statically linked `busybox` on PATH: https://busybox.net/downloads/binaries/",
    );
  }
  const work = `${destination}.package.${process.pid}`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    let download = await apt(["download", "-q", packageName], work);
    if (download.code !== 0) {
      await apt(["update", "-q"]);
      download = await apt(["download", "-q", packageName], work);
    }
    const archive = (await readdir(work)).find((name) => name.endsWith(".deb"));
    if (!archive) {
      throw new SetupProblem(
        `apt-get could not download ${packageName}:\n${lastLines(download.stderr)}`,
        `apt-get update && apt-get download ${packageName}`,
      );
    }
    const unpacked = await run("dpkg-deb", ["-x", join(work, archive), join(work, "root")]);
    if (unpacked.code !== 0) {
      throw new SetupProblem(
        `dpkg-deb could not unpack ${archive}:\n${lastLines(unpacked.stderr)}`,
        `Look for free disk space under ${work}.`,
      );
    }
    await chmod(join(work, "root", pathInPackage), 0o755);
    await rename(join(work, "root", pathInPackage), destination);
    return destination;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function apt(args: readonly string[], cwd?: string) {
  return run("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], {
    ...(cwd ? { cwd } : {}),
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
  });
}

/**
 * Keeps package scripts from starting services where nothing supervises services (no systemd):
 * set-up starts the engine itself, so that it can give it the options this machine needs.
 */
async function withoutStartingServices(install: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  if ((await exists("/run/systemd/system")) || (await exists(policy))) {
    return install();
  }
  const script = `#!/bin/sh\n# Written by Slipway's set-up (process ${process.pid}) for the length of one apt-get.\nexit 101\n`;
  await writeFile(policy, script, { mode: 0o755 });
  try {
    await install();
  } finally {
    if ((await readFile(policy, "utf8").catch(() => "")) === script) {
      await rm(policy, { force: true });
    }
  }
}
