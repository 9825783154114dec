import { createHmac } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";
import { githubWebhooks } from "#forge/github/webhook.ts";
import { githubPush } from "./github-push.ts";
import type { Benchmark, Row } from "./report.ts";
import { median } from "./report.ts";

const secret = "It's a Secret to Everybody";
const rounds = 15;
const perRound = 400;

/**
 * A GitHub push from raw bytes to what it means: our verify and parse, and `@octokit/webhooks` verifying and
 * handing it to a handler. Both begin with the bytes that came and the headers as text.
 */
export const benchmark: Benchmark = {
  title: "Webhooks (GitHub push, bytes to event)",
  run: async () => {
    const rows: Row[] = [];
    for (const commits of [1, 20, 200]) {
      rows.push(await compared(commits));
    }
    return rows;
  },
};

async function compared(commits: number): Promise<Row> {
  const body = Buffer.from(JSON.stringify(githubPush(commits)));
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  const headers = new Headers({
    "content-type": "application/json",
    "x-github-event": "push",
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": signature,
  });
  let handled = 0;
  const octokit = new Webhooks({ secret });
  octokit.on("push", () => {
    handled += 1;
  });
  const ours = async () => {
    const result = await githubWebhooks.verify({ headers, body }, [secret], 0);
    const [event] = githubWebhooks.parse({ headers, body });
    if (!result.authentic || event?.kind !== "push") throw new Error("the push was not read");
  };
  const theirs = () =>
    octokit.verifyAndReceive({
      id: headers.get("x-github-delivery") ?? "",
      name: headers.get("x-github-event") ?? "",
      payload: body.toString("utf8"),
      signature: headers.get("x-hub-signature-256") ?? "",
    });
  for (let warm = 0; warm < 10; warm += 1) {
    await perSecond(ours);
    await perSecond(theirs);
  }
  handled = 0;
  const own: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await perSecond(ours));
    peer.push(await perSecond(theirs));
  }
  if (handled !== rounds * perRound) throw new Error("octokit did not handle every push");
  return {
    name: `${commits} commits, ${(body.length / 1000).toFixed(0)} kB`,
    value: median(own),
    unit: "/s",
    floor: { name: "@octokit/webhooks", value: median(peer) },
    goal: "≥ 2 × peer",
  };
}

async function perSecond(one: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let count = 0; count < perRound; count += 1) await one();
  return perRound / ((performance.now() - start) / 1000);
}
