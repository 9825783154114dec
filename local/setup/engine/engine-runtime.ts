import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The name under which the engine knows the capability-dropping runtime. */
export const RUNTIME_NAME = "slipway";

/**
 * An OCI runtime in POSIX sh that takes capabilities out of a container's specification and then
 * becomes runc. A privileged container asks for every capability the kernel knows; runc refuses the
 * whole container when the machine itself lacks one ("unable to apply caps").
 *
 * It edits the compact JSON that containerd writes. Quotes inside JSON strings are escaped, so
 * `"bounding":[` can only be the key, whatever the container's environment or command says.
 */
export function runtimeScript(runc: string, lacking: readonly string[]): string {
  const edits = lacking.flatMap((name) => [
    `-e 's/\\(${KEY}[^]]*\\)"${name}",/\\1/g'`,
    `-e 's/\\(${KEY}[^]]*\\),"${name}"]/\\1]/g'`,
    `-e 's/\\(${KEY}\\)"${name}"]/\\1]/g'`,
  ]);
  return `#!/bin/sh
# Written by Slipway's set-up: runc for a machine that lacks ${lacking.join(", ") || "nothing"}.
previous=
for argument do
  case $previous in
    --bundle | -b) specification=$argument/config.json ;;
    --process | -p) specification=$argument ;;
  esac
  previous=$argument
done
if [ -f "\${specification:-}" ]; then
  sed -i ${edits.length > 0 ? edits.join(" \\\n    ") : "-e ''"} "$specification" || exit 1
fi
exec ${runc} "$@"
`;
}

const KEY = '"\\(bounding\\|effective\\|inheritable\\|permitted\\|ambient\\)":\\[';

/** Writes the runtime where it is missing or differs and gives its path. */
export async function writeRuntime(
  directory: string,
  runc: string,
  lacking: readonly string[],
): Promise<string> {
  const path = join(directory, "bin", "runc-within-capabilities");
  const script = runtimeScript(runc, lacking);
  if ((await readFile(path, "utf8").catch(() => "")) === script) {
    return path;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, script);
  await chmod(`${path}.new`, 0o755);
  await rename(`${path}.new`, path);
  return path;
}
