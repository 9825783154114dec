import { randomUUID } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { connectForge } from "#forge/connections.ts";
import { createApp } from "#functions/http/app.ts";
import { toConnection } from "#project/connection.ts";
import type { Message } from "#queue/queue.ts";
import { approveFork } from "#service/create/approve-fork.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { webhookSecretName } from "#service/keys.ts";
import { makeSample } from "../forge/client-contract.ts";
import { bitbucketDouble, bitbucketProject } from "../forge/doubles/bitbucket.ts";
import { giteaDouble, giteaProject } from "../forge/doubles/gitea.ts";
import { githubDouble, githubProject } from "../forge/doubles/github.ts";
import { gitlabDouble, gitlabProject } from "../forge/doubles/gitlab.ts";
import { gitSync } from "../local/git-host/git-fixture.ts";
import { takeNext } from "../service/driver.ts";
import { makeWorld } from "../service/world.ts";
import { fixtures, subjects } from "./webhook-world.ts";

const doubles = {
  gitlab: { start: gitlabDouble, project: gitlabProject.path },
  github: { start: githubDouble, project: githubProject },
  gitea: { start: giteaDouble, project: giteaProject },
  bitbucket: { start: bitbucketDouble, project: bitbucketProject },
} as const;

const wanted =
  /^(?:push|tag-(?:push-)?light|merge-request-(?:open|fork)|pull-request-(?:opened|created|fork))$/;
const configuration = "build: {script: [make], rules: [{when: always}]}\n";
const elsewhere = [
  "http://169.254.169.254/latest/meta-data/",
  "http://127.0.0.1:1/admin",
  "file:///etc/passwd",
  "https://elsewhere.example/x.git",
];

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Every address in the payload is another one, every commit is this one. */
function foreign(text: string, from: string, to: string, sha: string): string {
  let turn = 0;
  const next = () => elsewhere[turn++ % elsewhere.length];
  return text
    .replaceAll(/"(?:https?|git|ssh):[^"]*"|"git@[^"]*"/g, () => JSON.stringify(next()))
    .replaceAll(from, to)
    .replaceAll(/"(?!0{40})[0-9a-f]{40}"/g, `"${sha}"`)
    .replaceAll(/"[0-9a-f]{12}"/g, `"${sha.slice(0, 12)}"`);
}

test.for(subjects)(
  "whatever addresses a payload of $name names, only its connection's is asked",
  async (subject) => {
    const { start, project } = doubles[subject.name];
    const sample = makeSample(project, { ".gitlab-ci.yml": configuration });
    // A merge request from a fork may have the number of one of the project's own here.
    const { second, repository } = sample;
    const tree = ["commit-tree", `${second}^{tree}`, "-p", second, "-m", "again"];
    const ofFork = gitSync(repository, ...tree);
    const double = await start({ repository: sample.repository });
    const world = await makeWorld();
    const asked: string[] = [];
    const realFetch = globalThis.fetch;
    vi.stubGlobal("fetch", (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
      const url = input instanceof Request ? input.url : String(input);
      asked.push(new URL(url).origin);
      return realFetch(input, init);
    });
    try {
      const connection = toConnection("team", {
        kind: subject.name,
        url: double.url,
        token: { secret: "token" },
        clone_token: { secret: "token" },
      });
      const queued: Message[] = [];
      const base = await world.deps.settings({ forge: "local", project: "group/app" });
      if (base === undefined) throw new Error("the world has no project");
      const deps: ServiceDeps = {
        ...world.deps,
        forges: new Map([["team", connectForge(connection, async () => double.token)]]),
        settings: async (of) =>
          of.forge === "team" && of.project === project
            ? { ...base, path: project, forge: of.forge, forks: "approve" }
            : undefined,
        queue: { ...world.deps.queue, send: async (message) => void queued.push(message) },
      };
      await deps.secrets.rotate(webhookSecretName({ forge: "team", project }), subject.secret);
      await deps.store.projects.ensure({ forge: "team", project }, new Date().toISOString());
      const app = createApp({ service: deps, mayReadPages: async () => false });
      const used = fixtures(subject).filter(({ name }) => wanted.test(name));
      for (const { name, headers, body } of used) {
        const [event] = subject.reader.parse({ headers: new Headers(headers), body });
        const about = event && "project" in event ? event.project.path : "";
        const sha = name.endsWith("fork") ? ofFork : second;
        const payload = Buffer.from(foreign(body.toString(), about, project, sha));
        const answer = await app.request(`/webhooks/team/${project}`, {
          method: "POST",
          headers: { ...headers, ...subject.sign(payload, subject.secret, randomUUID()) },
          body: payload,
        });
        expect(answer.status).toBe(202);
        for (let message = queued.shift(); message; message = queued.shift()) {
          await handleMessage(deps, message);
        }
      }
      for (const { pipelineId } of await deps.store.approvals.listWaiting(10))
        await approveFork(deps, pipelineId, "grace");
      const made = await deps.store.pipelines.list({ project, limit: 10 });
      expect(made.length).toBeGreaterThanOrEqual(subject.name === "bitbucket" ? 3 : 4);
      for (const { id } of made) {
        const job = await takeNext({ ...world, deps }, id);
        expect(new URL(job.git_info.repo_url).origin).toBe(double.url);
      }
      expect([...new Set(asked)]).toEqual([double.url]);
    } finally {
      await world.close();
      await double.stop();
      sample.remove();
    }
  },
);
