import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { run as attempt, lastLines } from "#local/setup/command.ts";
import type { Machine } from "#local/setup/machine.ts";
import { isDebian } from "#local/setup/packages.ts";
import { findProgram } from "#local/setup/programs.ts";
import { run } from "./harness.ts";

const programs = ["buildah", "skopeo"];
const image = "slipway-test/builders:latest";

/**
 * An image with buildah and skopeo, whose entrypoint is no shell, as kaniko's is none. The programs are the
 * machine's own or come out of Debian's packages, which are unpacked but not installed.
 */
export async function makeBuilderImage(
  machine: Machine,
): Promise<{ readonly image: string } | { readonly missing: string }> {
  if (!(await isDebian())) return { missing: "there is no apt to get buildah and skopeo with" };
  const work = mkdtempSync(join(tmpdir(), "slipway-builders-"));
  try {
    const unpacked = join(work, "unpacked");
    const problem = await unpackMissing(unpacked);
    if (problem !== undefined) return { missing: problem };
    const root = join(work, "root");
    for (const name of programs) {
      const own = join(unpacked, "usr/bin", name);
      const path = existsSync(own) ? own : await findProgram(name);
      if (path === undefined) return { missing: `no package brought ${name}` };
      await copyProgram(path, unpacked, root);
    }
    writeSettings(root, machine);
    writeFileSync(
      join(work, "Dockerfile"),
      'FROM busybox\nCOPY root /\nENTRYPOINT ["/usr/bin/skopeo"]\n',
    );
    const env = {
      ...process.env,
      DOCKER_BUILDKIT: "1",
      DOCKER_HOST: `unix://${machine.dockerSocket}`,
    };
    await run(machine.dockerClient, ["build", "-q", "-t", image, work], { env });
    return { image };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Resolves to what went wrong, if anything did. */
async function unpackMissing(destination: string): Promise<string | undefined> {
  const archives = `${destination}.archives`;
  for (const path of [archives, destination]) mkdirSync(path, { recursive: true });
  const wanted = ["install", "--print-uris", "-qq", "--no-install-recommends", ...programs];
  const listed = await attempt("apt-get", wanted, { env: { LC_ALL: "C" } });
  if (listed.code !== 0) return `apt-get knows no buildah: ${lastLines(listed.stderr, 2)}`;
  const packages = [...listed.stdout.matchAll(/^'[^']+' ([^_\s]+)_/gm)].flatMap(
    (found) => found[1] ?? [],
  );
  if (packages.length === 0) return undefined;
  const got = await attempt("apt-get", ["download", "-q", ...packages], { cwd: archives });
  if (got.code !== 0) return `apt-get cannot download buildah: ${lastLines(got.stderr, 2)}`;
  for (const archive of readdirSync(archives)) {
    await run("dpkg-deb", ["-x", join(archives, archive), destination]);
  }
  return undefined;
}

/** With all libraries, at the places where the program's loader looks for them. */
async function copyProgram(path: string, unpacked: string, root: string): Promise<void> {
  const libraries = ["usr/lib", "lib"]
    .map((folder) => join(unpacked, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [folder, ...readdirSync(folder).map((name) => join(folder, name))]);
  const { stdout } = await run("ldd", [path], {
    env: { ...process.env, LC_ALL: "C", LD_LIBRARY_PATH: libraries.join(":") },
  });
  for (const [, library = ""] of stdout.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)) {
    const place = library.startsWith(unpacked) ? library.slice(unpacked.length) : library;
    copy(library, join(root, place));
  }
  copy(path, join(root, "usr/bin", basename(path)));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { dereference: true });
}

function writeSettings(root: string, machine: Machine): void {
  const folder = join(root, "etc/containers");
  mkdirSync(folder, { recursive: true });
  const policy = { default: [{ type: "insecureAcceptAnything" }] };
  writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
  const mirror = machine.mirror?.inContainers.replace(/^http:\/\//, "");
  const mirrored =
    mirror === undefined
      ? ""
      : `[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "${mirror}"\ninsecure = true\n`;
  writeFileSync(
    join(folder, "registries.conf"),
    `unqualified-search-registries = ["docker.io"]\n${mirrored}`,
  );
  // The variable STORAGE_DRIVER changes what such a file says, and counts for nothing without one.
  writeFileSync(
    join(folder, "storage.conf"),
    '[storage]\ndriver = "overlay"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n',
  );
  mkdirSync(join(root, "var/tmp"), { recursive: true });
}
