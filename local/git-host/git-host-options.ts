import type { UserFacts } from "#language/facts.ts";
import { grantOfToken } from "#service/access/authorize-job.ts";
import type { Host, Ports } from "#service/deps.ts";
import type { DataDirectory } from "../data/data-directory.ts";
import type { LocalService } from "../wire/wire-local.ts";
import { deliverPush } from "./deliver-push.ts";
import type { GitHostOptions } from "./git-host.ts";

const owner: UserFacts = {
  id: 1,
  login: "owner",
  name: "Owner of this machine",
  email: "owner@localhost",
};

/** Who may do what with git here, and what follows a push. */
export function gitHostOptions(service: LocalService, data: DataDirectory): GitHostOptions {
  const { deps } = service;
  return {
    root: data.at("repositories"),
    authorize: (request) => authorize(deps, request),
    onPush: (push) => deliverPush(service, data, push),
    onError: (error, project) =>
      deps.log("error", "a push was not handled to its end", { project, cause: String(error) }),
  };
}

/** Access tokens may do everything; a job's token reads its own project while the job runs. */
async function authorize(
  deps: Pick<Ports, "store"> & Pick<Host, "now" | "hash">,
  request: {
    readonly project: string;
    readonly token: string | undefined;
    readonly write: boolean;
  },
): Promise<{ readonly user: UserFacts } | "denied" | "forbidden"> {
  if (request.token === undefined) return "denied";
  const hash = deps.hash(request.token);
  const grant = await grantOfToken(deps, hash);
  if (grant === undefined) return "denied";
  switch (grant.kind) {
    case "access":
      return { user: owner };
    case "job":
    case "deploy":
      return !request.write && grant.project === request.project ? { user: owner } : "forbidden";
    case "ticket":
    case "environment":
      return "denied";
  }
}
