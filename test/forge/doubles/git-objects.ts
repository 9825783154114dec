import { notFound, type Reply } from "./api-server.ts";
import type { RepositoryReader } from "./repository.ts";

/** What GitHub and, after it, Gitea say about commits and tag objects. */
export function gitObjects(git: RepositoryReader) {
  return {
    commit: (name: string, absent: Reply = notFound): Reply => {
      // A tag object is no commit to these two.
      const isTag = git.typeOf(name) === "tag";
      const sha = isTag ? undefined : git.resolve(name);
      if (sha === undefined) return absent;
      const found = git.commit(sha);
      const person = { name: found.name, email: found.email };
      return {
        json: {
          sha: found.id,
          commit: {
            message: found.message.trim(),
            author: { ...person, date: found.authored },
            committer: { ...person, date: found.committed },
          },
        },
      };
    },
    tag: (id: string): Reply => {
      const found = git.tag(id);
      if (found === undefined) return notFound;
      const object = { sha: found.object, type: found.type };
      return { json: { sha: id, message: found.message, object } };
    },
    refs: () =>
      [...git.refs("refs/heads"), ...git.refs("refs/tags")].map((each) => ({
        ref: each.ref,
        object: { sha: each.object, type: each.type },
      })),
  };
}
