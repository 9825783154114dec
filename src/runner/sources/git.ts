import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUrl } from "../executor/variables.ts";

/** Where sources come from, the credentials taken out of the address. */
export type GitRemote = {
  readonly url: string;
  readonly credentials: GitCredentials | undefined;
};

export type GitCredentials = {
  readonly origin: string;
  readonly username: string;
  readonly password: string;
};

/** Takes user and password out of a repository's URL, so that git never writes or shows them. */
export function gitRemote(repoUrl: string): GitRemote {
  const url = parseUrl(repoUrl);
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return { url: repoUrl, credentials: undefined };
  }
  const { username, password } = url;
  url.username = "";
  url.password = "";
  if (username === "" && password === "") return { url: url.href, credentials: undefined };
  return {
    url: url.href,
    credentials: {
      origin: url.origin,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    },
  };
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ["init.defaultBranch", "main"],
  ["advice.detachedHead", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["safe.directory", "*"],
  // What a repository's own configuration could name, had an earlier job written it.
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.attributesFile", "/dev/null"],
  ["core.sshCommand", "ssh"],
  ["core.alternateRefsCommand", ""],
  ["credential.helper", ""],
  ["remote.origin.uploadpack", "git-upload-pack"],
  ["protocol.ext.allow", "never"],
];

/** The descriptor from which git's own helper reads the credentials; see gitcredentials(7) for the form. */
const CREDENTIALS_DESCRIPTOR = 3;
const CREDENTIAL_HELPER = `!f() { test "$1" = get && cat /dev/fd/${CREDENTIALS_DESCRIPTOR}; }; f`;

/**
 * The environment of a git process: no secret is in it. Credentials come by a file without a name that git
 * and its children have open, so that no argument, variable, file or URL shows them.
 */
export function gitEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  credentialsFor: string | undefined,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const settings = [...SETTINGS];
  if (credentialsFor !== undefined) {
    settings.push([`credential.${credentialsFor}.helper`, CREDENTIAL_HELPER]);
  }
  const env: Record<string, string> = {
    ...variables,
    PATH: base.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: base.HOME ?? "/",
    LANG: "C.UTF-8",
    ...(base.GIT_SSL_CAINFO && { GIT_SSL_CAINFO: base.GIT_SSL_CAINFO }),
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    GIT_ALLOW_PROTOCOL: "http:https:ssh:git",
    GIT_NO_REPLACE_OBJECTS: "1",
    // Of several `core.gitProxy` the first one counts, which is the repository's: only this is before it.
    GIT_PROXY_COMMAND: "",
    // Else git looks for the name of its user, and of the machine by DNS.
    GIT_COMMITTER_NAME: "slipway",
    GIT_COMMITTER_EMAIL: "slipway@localhost",
    GIT_CONFIG_COUNT: String(settings.length),
  };
  settings.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}

export type GitResult = { readonly code: number; readonly errors: string };

/** Runs git to its end, or ends it when stopped; its words go to `onOutput` as they come. */
export async function runGit(
  args: readonly string[],
  options: {
    readonly directory: string;
    readonly env: Readonly<Record<string, string>>;
    readonly stop: AbortSignal;
    readonly onOutput: (bytes: Buffer) => void;
    readonly credentials?: GitCredentials | undefined;
  },
): Promise<GitResult> {
  const secret = options.credentials && (await openCredentials(options.credentials));
  try {
    return await runWith(args, options, secret?.fd ?? "ignore");
  } finally {
    await secret?.close();
  }
}

/** A file that has no name any more by the time it is used. */
async function openCredentials({ username, password }: GitCredentials): Promise<FileHandle> {
  const path = join(tmpdir(), `slipway-${randomUUID()}`);
  const handle = await open(path, "wx+", 0o600);
  await rm(path);
  const clean = (text: string) => text.replaceAll(/[\r\n\0]/g, "");
  await handle.writeFile(`username=${clean(username)}\npassword=${clean(password)}\n`);
  return handle;
}

function runWith(
  args: readonly string[],
  options: Omit<Parameters<typeof runGit>[1], "credentials">,
  credentials: number | "ignore",
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...args], {
      cwd: options.directory,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe", credentials],
      // Its own group, so that git-remote-https and submodule processes end with it.
      detached: true,
    });
    let errors = "";
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Already gone.
      }
    };
    options.stop.addEventListener("abort", end, { once: true });
    if (options.stop.aborted) end();
    child.stdout?.on("data", options.onOutput);
    child.stderr?.on("data", (bytes: Buffer) => {
      errors = (errors + bytes.toString("utf8")).slice(-4_096);
      options.onOutput(bytes);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      options.stop.removeEventListener("abort", end);
      resolve({ code: code ?? 137, errors });
    });
  });
}
