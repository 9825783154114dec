/** As large as GitHub's are: a repository and a sender with all their addresses, and whole commits. */
export function githubPush(count: number): unknown {
  const api = "https://api.github.com/repos/octocat/hello-world";
  const addresses = (subject: string, names: number) =>
    Object.fromEntries(
      Array.from({ length: names }, (_, index) => [
        `${subject}_${index}_url`,
        `${api}/${subject}/${index}{/number}`,
      ]),
    );
  const person = { name: "Ada Lovelace", email: "ada@example.com", username: "ada" };
  const commits = Array.from({ length: count }, (_, index) => ({
    id: index.toString(16).padStart(40, "a"),
    tree_id: index.toString(16).padStart(40, "b"),
    distinct: true,
    message: `Let the engine compute number ${index}\n\nIt could not before, since the card was missing.`,
    timestamp: "2026-05-15T15:20:41+01:00",
    url: `https://github.com/octocat/hello-world/commit/${index.toString(16).padStart(40, "a")}`,
    author: person,
    committer: person,
    added: [`src/engine/card-${index}.ts`],
    removed: [],
    modified: ["README.md", "src/engine/index.ts"],
  }));
  return {
    ref: "refs/heads/main",
    before: "c".repeat(40),
    after: "d".repeat(40),
    repository: {
      id: 186853002,
      name: "hello-world",
      full_name: "octocat/hello-world",
      private: false,
      owner: { login: "octocat", id: 1, ...addresses("owner", 13) },
      html_url: "https://github.com/octocat/hello-world",
      ...addresses("repository", 40),
      default_branch: "main",
      visibility: "public",
    },
    pusher: { name: "ada", email: "ada@example.com" },
    sender: { login: "ada", id: 7, ...addresses("sender", 13) },
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: "https://github.com/octocat/hello-world/compare/cccccccccccc...dddddddddddd",
    commits,
    head_commit: { ...commits.at(-1), id: "d".repeat(40) },
  };
}
