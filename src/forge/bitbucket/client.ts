import { createHash } from "node:crypto";
import type { z } from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import { type CommitStatus, type ForgeClient, ForgeError } from "../forge.ts";
import { compareRefs } from "../git/compare.ts";
import { isRefName, isSha } from "../git/git-objects.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import { insidePath, shorten } from "../http/text.ts";
import * as answers from "./answers.ts";
import { bitbucketMergeRequests } from "./merge-requests.ts";
import { numberOf } from "./payload.ts";

export type BitbucketClientOptions = {
  readonly http: ForgeHttp;
  /** Where people see the forge and git clones from, without trailing slash. */
  readonly url: string;
  readonly cloneToken: () => Promise<string>;
  /** `x-token-auth` for access tokens, `x-bitbucket-api-token-auth` for API tokens. */
  readonly cloneUser: string;
};

const largestFile = 8 * 1024 * 1024;
const pageSize = 100;
const mostPages = 500;
const mostDifferences = 5000;
const deepestFolder = 100;
const longestKey = 40;

/** The API side of Bitbucket Cloud for one repository. */
export function bitbucketForgeClient(
  options: BitbucketClientOptions,
  project: string,
): ForgeClient {
  const { http } = options;
  const base = `/repositories/${encodePath(project)}`;

  async function readOne<T>(
    schema: z.ZodMiniType<T>,
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T | undefined> {
    const answer = await http({ path, query, expect: [400, 404] });
    return answer.status === 200 ? readAnswer(schema, answer, path) : undefined;
  }

  /** Undefined where there is nothing at that address, "too_many" where it goes on for too long. */
  async function readAll<T>(
    item: z.ZodMiniType<T>,
    path: string,
    query: Readonly<Record<string, string | number | boolean>> = {},
    most = mostPages * pageSize,
  ): Promise<readonly T[] | "too_many" | undefined> {
    const all: T[] = [];
    let next: string | null | undefined;
    do {
      const request = next ? { path: next } : { path, query: { ...query, pagelen: pageSize } };
      const answer = await http({ ...request, expect: [400, 404] });
      if (answer.status !== 200) return undefined;
      const page = readAnswer(answers.page(item), answer, path);
      all.push(...page.values);
      next = page.next;
      if (all.length > most) return "too_many";
    } while (next);
    return all;
  }

  async function readRefs(kind: "branches" | "tags") {
    const prefix = kind === "branches" ? "refs/heads/" : "refs/tags/";
    const found = await readAll(answers.ref, `${base}/refs/${kind}`);
    if (found === undefined || found === "too_many")
      throw cannotList(`the ${kind} of ${project}`, found);
    return found.map((ref) => ({ ref: `${prefix}${ref.name}`, sha: ref.target.hash }));
  }

  async function resolveRef(ref: string): Promise<string | undefined> {
    const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
    if (!kind || !name) return undefined;
    const path = `${base}/refs/${kind === "heads" ? "branches" : "tags"}/${encodePath(name)}`;
    return (await readOne(answers.ref, path))?.target.hash;
  }

  async function compare(
    from: string,
    to: string,
    sinceParted: boolean,
  ): Promise<readonly string[] | "unknown"> {
    const path = `${base}/diffstat/${to}..${from}`;
    const query = { topic: sinceParted, renames: false };
    const found = await readAll(answers.difference, path, query, mostDifferences);
    if (found === undefined || found === "too_many") return "unknown";
    return found.flatMap((each) => [each.old?.path, each.new?.path].flatMap((side) => side ?? []));
  }

  return {
    readFile: async (sha, path) => {
      const inside = insidePath(path);
      if (!isSha(sha) || inside === undefined) return undefined;
      // A folder is answered as JSON too: only the description tells it from a file.
      const address = `${base}/src/${sha}/${encodePath(inside)}`;
      const meta = await readOne(answers.meta, address, { format: "meta" });
      if (meta?.type !== "commit_file") return undefined;
      const answer = await http({
        path: address,
        accept: "*/*",
        maxBytes: largestFile,
        expect: [404],
      });
      return answer.status === 404 ? undefined : answer.text;
    },
    listPaths: async (sha) => {
      const path = `${base}/src/${encodeURIComponent(sha)}/`;
      const found = await readAll(answers.entry, path, { max_depth: deepestFolder });
      if (found === undefined || found === "too_many")
        throw cannotList(`the tree at ${sha}`, found);
      return found.flatMap((entry) => (entry.type === "commit_file" ? [entry.path] : [])).sort();
    },
    changedPaths: (from, to) => compareRefs({ resolveRef, compare }, from, to),
    readCommit: async (sha) => {
      // Pull request events carry the first 12 characters.
      if (!/^[0-9a-f]{12,64}$/.test(sha)) return undefined;
      const found = await readOne(answers.commit, `${base}/commit/${sha}`);
      if (found === undefined) return undefined;
      const { name, email } = personOf(found.author?.raw ?? "");
      return {
        sha: found.hash,
        message: found.message ?? "",
        authorName: name,
        authorEmail: email,
        timestamp: found.date,
      };
    },
    readTagMessage: async (tag) => {
      if (!isRefName(tag)) return undefined;
      const found = await readOne(answers.ref, `${base}/refs/tags/${encodePath(tag)}`);
      return found?.tagger ? found.message?.trim() || undefined : undefined;
    },
    readProject: async () => {
      const found = await readOne(answers.project, base);
      return (
        found && {
          id: numberOf(found.uuid),
          path: found.full_name,
          title: found.name,
          description: found.description ?? "",
          visibility: found.is_private === false ? "public" : "private",
          defaultBranch: found.mainbranch?.name ?? "",
          url: pageAddress(found.links.html.href),
          configPath: ".gitlab-ci.yml",
        }
      );
    },
    listRefs: async () => (await Promise.all([readRefs("branches"), readRefs("tags")])).flat(),
    ...bitbucketMergeRequests(http, base, project, resolveRef),
    postStatus: async (status) => {
      await http({
        method: "POST",
        path: `${base}/commit/${status.sha}/statuses/build`,
        body: statusBody(status),
      });
      return {};
    },
    cloneAccess: async () => ({
      url: `${options.url}/${encodePath(project)}.git`,
      username: options.cloneUser,
      password: await options.cloneToken(),
    }),
  };
}

/** The key is the status's identity: the same key overwrites, so the ref is part of it. */
function statusBody(status: CommitStatus) {
  const states = {
    pending: "INPROGRESS",
    running: "INPROGRESS",
    success: "SUCCESSFUL",
    failed: "FAILED",
    canceled: "STOPPED",
    skipped: "SUCCESSFUL",
  } as const;
  const identity = `${status.context} ${status.ref}`;
  const hashed = createHash("sha256").update(identity).digest("hex").slice(0, longestKey);
  return {
    key: /^[\w ./-]+$/.test(identity) && identity.length <= longestKey ? identity : hashed,
    state: states[status.state],
    url: status.targetUrl,
    name: shorten(status.context, 255),
    description: shorten(status.description, 255),
    refname: status.ref,
  };
}

function cannotList(what: string, found: "too_many" | undefined): ForgeError {
  const why = found === "too_many" ? "there is more than is read" : "there is no such thing";
  return new ForgeError(`Bitbucket cannot list ${what}: ${why}.`, { retryable: false });
}

/** `Name <address>`; a text of another form is the name. */
function personOf(raw: string): { readonly name: string; readonly email: string } {
  const open = raw.lastIndexOf("<");
  const name = open < 0 ? "" : raw.slice(0, open).trimEnd();
  const isPerson = open >= 0 && raw.endsWith(">") && raw.indexOf(">", open) === raw.length - 1;
  return isPerson
    ? { name: name || raw, email: raw.slice(open + 1, -1) }
    : { name: raw, email: "" };
}
