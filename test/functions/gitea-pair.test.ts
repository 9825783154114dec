import { expect, test } from "vitest";
import { fixtures, makeWebhookWorld, subjects } from "./webhook-world.ts";

test.for([
  ["create-branch", "push-new-branch"],
  ["push-new-branch", "create-branch"],
  ["create-tag", "tag-light"],
])("Gitea's %s and %s of one new ref make one pipeline", async ([first, second]) => {
  const gitea = subjects.find(({ name }) => name === "gitea");
  if (gitea === undefined) throw new Error("no Gitea");
  const all = fixtures(gitea);
  const [one, two] = [first, second].map((name) => all.find((each) => each.name === name));
  if (one === undefined || two === undefined) throw new Error("no such fixtures");
  const pair = [one, two].map(({ headers, body }, index) => {
    const payload = JSON.parse(body.toString());
    // The two fixtures are told of the same ref and commit here.
    const isCreate = "ref_type" in payload;
    const ref = `refs/${first?.includes("tag") ? "tags" : "heads"}/the-new-one`;
    const sha = "ab".repeat(20);
    const same = isCreate
      ? { ...payload, ref: "the-new-one", sha }
      : { ...payload, ref, before: "0".repeat(40), after: sha, head_commit: { id: sha } };
    return { headers, body: Buffer.from(JSON.stringify(same)), id: `pair-${index}` };
  });
  const world = await makeWebhookWorld();
  try {
    for (const { headers, body, id } of pair) {
      const answer = await world.request(`/webhooks/gitea/${gitea.project}`, {
        headers: { ...headers, ...gitea.sign(body, gitea.secret, id) },
        body,
      });
      expect(answer.status).toBe(202);
    }
    await world.settle();
    const made = await world.deps.store.pipelines.list({ project: gitea.project, limit: 5 });
    expect(made.map(({ ref }) => ref)).toEqual(["the-new-one"]);
  } finally {
    await world.close();
  }
});
