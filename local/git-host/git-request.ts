import type { IncomingMessage } from "node:http";
import { isProjectPath } from "#forge/project-path.ts";
import { readBasicAuth } from "#http/basic-auth.ts";

export type GitService = "git-upload-pack" | "git-receive-pack";

/** One of the requests that git's smart HTTP protocol knows (git manual: gitprotocol-http). */
export type GitRequest = {
  readonly project: string;
  readonly service: GitService;
  /** Asking for the refs comes first, the pack after it. */
  readonly step: "advertise" | "exchange";
};

/**
 * Reads the URL as git's, with or without `.git` at the end of the project's path; undefined where it
 * is not. `unusable` is a git URL that names no project or asks for the old, file by file protocol.
 */
export function readGitRequest(req: IncomingMessage): GitRequest | "unusable" | undefined {
  const [path = "", query = ""] = (req.url ?? "").split("?", 2);
  const found = /^\/(.+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path);
  if (!found?.[1] || !found[2]) return undefined;
  const project = found[1];
  const advertise = found[2] === "info/refs";
  const service = advertise ? new URLSearchParams(query).get("service") : found[2];
  if (!isProjectPath(project) || !isService(service)) return "unusable";
  if (req.method !== (advertise ? "GET" : "POST")) return "unusable";
  return { project, service, step: advertise ? "advertise" : "exchange" };
}

/** The password of Basic authentication, or the user where only one thing was given. */
export function readBasicToken(req: IncomingMessage): string | undefined {
  const given = readBasicAuth(req.headers.authorization);
  return given?.password || given?.username || undefined;
}

function isService(service: string | null): service is GitService {
  return service === "git-upload-pack" || service === "git-receive-pack";
}
