import { spawn } from "node:child_process";
import { basicAuth, parseUrl } from "../executor/variables.ts";

/** Where sources come from, the credentials taken out of the address. */
export type GitRemote = {
  readonly url: string;
  readonly credentials: { readonly origin: string; readonly header: string } | undefined;
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
  const basic = basicAuth(decodeURIComponent(username), decodeURIComponent(password));
  return {
    url: url.href,
    credentials: { origin: `${url.origin}/`, header: `Authorization: Basic ${basic}` },
  };
}

/** Job variables that git itself may see; others (GIT_SSH_COMMAND, PATH, …) would run a job's code outside of its container. */
const PASSED_ON = [
  "GIT_SSL_NO_VERIFY",
  "GIT_LFS_SKIP_SMUDGE",
  "GIT_HTTP_LOW_SPEED_LIMIT",
  "GIT_HTTP_LOW_SPEED_TIME",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
];

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
  ["core.gitProxy", ""],
  ["core.alternateRefsCommand", ""],
  ["credential.helper", ""],
  ["remote.origin.uploadpack", "git-upload-pack"],
  ["protocol.ext.allow", "never"],
];

/** The environment of a git process. Credentials are in it alone: not in arguments, files or the URL. */
export function gitEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  credentials: GitRemote["credentials"],
  jobVariable: (key: string) => string | undefined,
): Record<string, string> {
  const settings = [...SETTINGS];
  if (credentials !== undefined) {
    settings.push([`http.${credentials.origin}.extraHeader`, credentials.header]);
  }
  const env: Record<string, string> = {
    PATH: base.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: base.HOME ?? "/",
    LANG: "C.UTF-8",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    GIT_CONFIG_COUNT: String(settings.length),
  };
  settings.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  for (const key of PASSED_ON) {
    const value = jobVariable(key) ?? base[key];
    if (value !== undefined && value !== "") env[key] = value;
  }
  return env;
}

export type GitResult = { readonly code: number; readonly errors: string };

/** Runs git to its end, or ends it when stopped; its words go to `onOutput` as they come. */
export function runGit(
  args: readonly string[],
  options: {
    readonly directory: string;
    readonly env: Readonly<Record<string, string>>;
    readonly stop: AbortSignal;
    readonly onOutput: (bytes: Buffer) => void;
  },
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...args], {
      cwd: options.directory,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
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
    child.stdout.on("data", options.onOutput);
    child.stderr.on("data", (bytes: Buffer) => {
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
