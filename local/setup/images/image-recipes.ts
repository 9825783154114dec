import { readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { inPackage } from "../../package-root.ts";
import { machineLacks } from "../capabilities.ts";
import { run } from "../command.ts";
import { runtimeScript } from "../engine/engine-runtime.ts";
import { collectFiles, requirePrograms } from "./image-files.ts";
import type { LayerEntry } from "./layer.ts";

/** Raise it when a change below must make the images anew. */
export const RECIPE_VERSION = 1;

export const PATH_IN_IMAGES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Names of accounts and the order of look-ups; a writable /tmp; the places programs expect. */
const COMMON: readonly LayerEntry[] = [
  text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
  text("etc/group", "root:x:0:\nusers:x:100:\nnogroup:x:65534:\n"),
  text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
  { path: "root", kind: "directory", mode: 0o700 },
  { path: "tmp", kind: "directory", mode: 0o1777 },
  { path: "var/tmp", kind: "directory", mode: 0o1777 },
  { path: "var/run", kind: "link", target: "../run" },
  { path: "run", kind: "directory", mode: 0o755 },
];

/** The content of `busybox`: one static program under the names of all its applets. */
export async function busyboxEntries(busybox: string): Promise<LayerEntry[]> {
  return [...COMMON, ...(await applets(busybox, "bin", new Set()))];
}

/** The content of `docker`: the client, git, certificates, and a shell with the usual commands. */
export async function dockerEntries(client: string, busybox: string): Promise<LayerEntry[]> {
  const files = await collectFiles([
    client,
    ...(await requirePrograms(["git", "git-upload-pack", "git-receive-pack"])),
    ...(await gitFiles()),
    ...(await whereThere([
      CERTIFICATES,
      "/usr/libexec/docker/cli-plugins",
      "/usr/lib/docker/cli-plugins",
      "/lib/x86_64-linux-gnu/libnss_dns.so.2",
      "/lib/x86_64-linux-gnu/libnss_files.so.2",
      "/lib/aarch64-linux-gnu/libnss_dns.so.2",
      "/lib/aarch64-linux-gnu/libnss_files.so.2",
    ])),
  ]);
  const taken = new Set(files.map((entry) => basename(entry.path)));
  return [
    ...COMMON,
    ...["bin", "sbin", "lib", "lib64"].map(
      (name): LayerEntry => ({ path: name, kind: "link", target: `usr/${name}` }),
    ),
    ...(await applets(busybox, "usr/bin", taken)),
    ...files,
    script("docker-entrypoint.sh"),
    script("dockerd-entrypoint.sh"),
    { path: "certs", kind: "directory", mode: 0o1777 },
    { path: "certs/client", kind: "directory", mode: 0o1777 },
  ];
}

/** What an engine needs beyond `docker`: the engine itself, its helpers, iptables, Node, bash. */
export async function engineEntries(): Promise<LayerEntry[]> {
  const iptables = await requirePrograms(["iptables", "ip6tables", "iptables-save"]);
  const required = await requirePrograms([
    "dockerd",
    "docker-init",
    "docker-proxy",
    "containerd",
    "containerd-shim-runc-v2",
    "runc",
    "bash",
    "openssl",
  ]);
  const node = await realpath(process.execPath);
  const entries = await collectFiles([
    ...required,
    ...iptables,
    ...(await whereThere([
      "/usr/lib/x86_64-linux-gnu/xtables",
      "/usr/lib/aarch64-linux-gnu/xtables",
      "/etc/ssl/openssl.cnf",
    ])),
    node,
  ]);
  entries.push({ path: "usr/lib/ssl/openssl.cnf", kind: "link", target: "/etc/ssl/openssl.cnf" });
  const nodePath = node.slice(1);
  if (nodePath !== "usr/bin/node") {
    entries.push({ path: "usr/local/bin/node", kind: "file", mode: 0o755, source: node });
  }
  const lacking = await machineLacks();
  if (lacking.length > 0) {
    // First on PATH, so that the engine inside can start privileged containers too.
    const runc = (await requirePrograms(["runc"]))[0] ?? "/usr/bin/runc";
    entries.push({
      path: "usr/local/bin/runc",
      kind: "text",
      mode: 0o755,
      text: runtimeScript(await realpath(runc), lacking),
    });
  }
  return [...entries, { path: "var/lib/docker", kind: "directory", mode: 0o710 }];
}

/** The files whose change makes the images out of date. */
export async function imageSources(client: string, busybox: string): Promise<string[]> {
  const programs = ["git", "dockerd", "containerd", "runc", "iptables", "bash", "openssl"];
  return [client, busybox, process.execPath, CERTIFICATES, ...(await requirePrograms(programs))];
}

async function applets(
  busybox: string,
  directory: string,
  taken: ReadonlySet<string>,
): Promise<LayerEntry[]> {
  const { stdout } = await run(busybox, ["--list"]);
  const names = stdout.split("\n").filter((name) => name && name !== "busybox" && !taken.has(name));
  return [
    { path: `${directory}/busybox`, kind: "file", mode: 0o755, source: await realpath(busybox) },
    ...names.map(
      (name): LayerEntry => ({ path: `${directory}/${name}`, kind: "link", target: "busybox" }),
    ),
  ];
}

async function gitFiles(): Promise<string[]> {
  const { stdout } = await run("git", ["--exec-path"]);
  return whereThere([stdout.trim(), "/usr/share/git-core/templates"]);
}

async function whereThere(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    paths.map((path) =>
      realpath(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => there[index]);
}

function text(path: string, content: string): LayerEntry {
  return { path, kind: "text", mode: 0o644, text: content };
}

function script(name: string): LayerEntry {
  const content = readFileSync(inPackage(`local/setup/images/${name}`), "utf8");
  return { path: `usr/local/bin/${name}`, kind: "text", mode: 0o755, text: content };
}
