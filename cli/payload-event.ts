type Fields = Readonly<Record<string, unknown>>;

/**
 * The event that a stored payload most likely came with, by the fields that only it has; "" where none fits.
 * GitLab's payloads name theirs themselves.
 */
export function guessEvent(
  forge: "gitlab" | "github" | "gitea" | "bitbucket",
  payload: unknown,
): string {
  const body = fieldsOf(payload);
  switch (forge) {
    case "gitlab":
      return "";
    case "bitbucket":
      return guessBitbucket(body);
    case "github":
    case "gitea":
      return guessGitHub(body);
  }
}

function guessGitHub(body: Fields): string {
  if ("zen" in body) return "ping";
  if ("pull_request" in body) return "review" in body && body.review ? "" : "pull_request";
  if ("check_run" in body) return "check_run";
  if ("check_suite" in body) return "check_suite";
  if ("ref_type" in body) return "sha" in body || "master_branch" in body ? "create" : "delete";
  if ("ref" in body && "after" in body) return "push";
  return "issue" in body ? "issues" : "";
}

function guessBitbucket(body: Fields): string {
  if ("push" in body) return "repo:push";
  if ("comment" in body || "approval" in body || !("pullrequest" in body)) return "";
  const { state, created_on: created, updated_on: updated } = fieldsOf(body.pullrequest);
  if (state === "MERGED") return "pullrequest:fulfilled";
  if (state === "DECLINED" || state === "SUPERSEDED") return "pullrequest:rejected";
  return created !== undefined && created === updated
    ? "pullrequest:created"
    : "pullrequest:updated";
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
