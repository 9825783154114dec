import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { tar } from "#engine/tar.ts";
import type { BuildRecord } from "./build.ts";
import type { Script } from "./phase-script.ts";

export const SOURCE_DIRECTORY = "/codebuild/output/src1/src";

export type ContainerOptions = {
  readonly docker: Docker;
  readonly image: string;
  readonly runtime?: string;
  readonly extraHosts: readonly string[];
  /** `/etc/docker/daemon.json` of the build's engine. */
  readonly daemon: Readonly<Record<string, unknown>>;
  /** Where the double listens, as containers reach it. */
  readonly address: string;
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
};

export type BuildContainer = {
  /** Writes an archive to the root directory. */
  readonly put: (archive: Buffer) => Promise<void>;
  /** Gives the exit status; what it writes goes to `output`. */
  readonly run: (script: Script, output: (text: string) => void) => Promise<number>;
  readonly remove: () => Promise<void>;
};

/**
 * The machine of a build: a container of the real engine, privileged as the build is, with the credentials endpoint
 * at CodeBuild's address. AWS's own images start an engine in a privileged build; others are left to the buildspec.
 */
export async function startContainer(
  build: BuildRecord,
  options: ContainerOptions,
): Promise<BuildContainer> {
  const { docker } = options;
  const { privilegedMode, image } = build.settings;
  const hasEngine = privilegedMode && image.startsWith("aws/codebuild/");
  const container = await docker.createContainer({
    name: `codebuild-double-${build.uuid}`,
    Image: options.image,
    Entrypoint: ["/bin/bash", "/codebuild/entry.sh"],
    Cmd: [],
    Env: Object.entries(options.variables).map(([name, value]) => `${name}=${value}`),
    Labels: { "dev.slipway.codebuild-double": build.id },
    Volumes: { "/var/lib/docker": {} },
    HostConfig: {
      Privileged: privilegedMode,
      ...(privilegedMode ? {} : { CapAdd: ["NET_ADMIN"] }),
      PidsLimit: 16_384,
      ExtraHosts: [...options.extraHosts],
      ...(options.runtime ? { Runtime: options.runtime } : {}),
    },
  });
  const remove = async () => {
    await container.remove({ force: true, v: true }).catch((error: unknown) => {
      if (!/no such container|already in progress/i.test(String(error))) throw error;
    });
  };
  const run = (script: Script, output: (text: string) => void) =>
    execute(container, script, output);
  try {
    const entry = entryScript(`${options.address}:${options.port}`, hasEngine);
    const files = [
      { path: "codebuild/entry.sh", content: entry, mode: 0o755 },
      { path: "etc/docker/daemon.json", content: JSON.stringify(options.daemon), mode: 0o644 },
      { path: `${SOURCE_DIRECTORY.slice(1)}/.keep`, content: "", mode: 0o644 },
    ];
    await container.putArchive(tar(files, Date.now()), { path: "/" });
    await container.start();
    let said = "";
    const ready = await run(
      {
        shell: "bash",
        text: "for ((i = 0; i < 3000; i++)); do [ -e /codebuild/ready ] && exit 0; sleep 0.02; done; cat /codebuild/dockerd.log; exit 1",
      },
      (text) => {
        said += text;
      },
    );
    if (ready !== 0) throw new Error(`the engine of the build does not start: ${said}`);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    put: async (archive) => {
      await container.putArchive(archive, { path: "/" });
    },
    run,
    remove,
  };
}

async function execute(
  container: Docker.Container,
  { shell, text }: Script,
  output: (text: string) => void,
): Promise<number> {
  const exec = await container.exec({
    Cmd: [shell, "-c", text],
    WorkingDir: SOURCE_DIRECTORY,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  const merged = new PassThrough();
  merged.on("data", (chunk: Buffer) => output(chunk.toString("utf8")));
  container.modem.demuxStream(stream, merged, merged);
  await new Promise<void>((resolve) => {
    stream.once("end", resolve);
    stream.once("close", resolve);
    stream.once("error", () => resolve());
  });
  return (await exec.inspect()).ExitCode ?? -1;
}

function entryScript(double: string, hasEngine: boolean): string {
  return `
mkdir -p /tmp && chmod 1777 /tmp
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs; done 2>/dev/null
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
  done 2>/dev/null
fi
mount --make-rshared / 2>/dev/null
for chain in OUTPUT PREROUTING; do
  iptables -t nat -A $chain -d 169.254.170.2 -p tcp --dport 80 -j DNAT --to-destination ${double}
done
${
  hasEngine
    ? `dockerd --host=unix:///var/run/docker.sock --host=tcp://127.0.0.1:2375 --storage-driver=overlay2 >/codebuild/dockerd.log 2>&1 &
until grep -q 'API listen on /var/run/docker.sock' /codebuild/dockerd.log; do
  kill -0 $! || exit 1
  sleep 0.02
done`
    : ""
}
touch /codebuild/ready
while :; do sleep 3600 & wait $!; done
`;
}
