import type { IncomingMessage, ServerResponse } from "node:http";
import type { GitHost } from "../git-host/git-host.ts";
import { readGitRequest } from "../git-host/git-request.ts";

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Git's own requests go to the git host, all others to the app; those for another host's name to neither. */
export function door(gitHost: GitHost, app: Listener, hosts: readonly string[]): Listener {
  return (req, res) => {
    if (!isForeignersWebhook(req) && !isOwnHost(req.headers.host, hosts)) {
      res
        .writeHead(421, { "content-type": "text/plain" })
        .end("This is not a name of this service.\n");
      return;
    }
    gitHost.handle(req, res).then(
      (handled) => {
        if (!handled) app(req, res);
      },
      () => res.destroy(),
    );
  };
}

/**
 * Forges come by whatever name the service has out there, and their requests are signed. What counts is where the path
 * leads, not how it begins.
 */
function isForeignersWebhook(req: IncomingMessage): boolean {
  if (req.method !== "POST" || readGitRequest(req) !== undefined) return false;
  const base = "http://localhost";
  const address = req.url ?? "/";
  if (!address.startsWith("/") || !URL.canParse(base + address)) return false;
  const { pathname } = new URL(base + address);
  return pathname.startsWith("/webhooks/") && !pathname.includes("//");
}

/** Names under which a browser or a client may address this machine; others could be a rebound DNS name. */
export function isOwnHost(host: string | undefined, own: readonly string[]): boolean {
  const name = (host ?? "").replace(/:\d{1,5}$/, "").toLowerCase();
  return ["127.0.0.1", "localhost", "[::1]", ...own].includes(name);
}
