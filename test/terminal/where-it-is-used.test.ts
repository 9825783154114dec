import { expect, onTestFinished, test } from "vitest";
import { pipelineText } from "#cli/text.ts";
import { followPipeline } from "#local/git-host/follow-push.ts";
import { tellPusher } from "#local/git-host/handle-push.ts";
import { followJobs } from "#local/run-here/follow-jobs.ts";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { pipelineView } from "#service/view/pipeline-view.ts";
import { finish, pipelineOf, push, takeNext } from "../service/driver.ts";
import { makeWorld } from "../service/world.ts";

/** Whatever a terminal would act on, but for colours. */
const steering =
  /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\[[\d;:]*m)/;

const attack = "\x1b]52;c;cm0gLXJmIC8=\x07\x1b]0;root\x1b\\\x1b[2J\x1b[6n\u009b2J\u202e";
const log = `section_start:1700000000:x\r\x1b[0K\x1b[36;1mPreparing\x1b[0;m\n${attack}\x1b[31mred\nstill red ${attack}\x1b]8;;https://evil.example\x07link\x1b[`;
const configuration = JSON.stringify({
  stages: ["one", `two ${attack}`],
  [`build ${attack}`]: { stage: `two ${attack}`, script: ["make"] },
});

/** A pipeline that has run, with an attack in every name, and in its log however it is cut. */
async function attacked(cut: number) {
  const world = await makeWorld();
  onTestFinished(world.close);
  const id = await push(world, configuration, { id: `delivery-${cut}` });
  const job = await takeNext(world, id);
  const bytes = new TextEncoder().encode(log);
  for (let start = 0; start < bytes.length; start += cut) {
    const piece = bytes.subarray(start, start + cut);
    await appendTrace(world.deps, { jobId: job.id, token: job.token, start, bytes: piece });
  }
  return { world, id, job };
}

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part;
  return text;
}

test.each([1000, 17, 3])(
  "`git push -o slipway.follow` shows colours, and steers no terminal (pieces of %i bytes)",
  async (cut) => {
    const { world, id, job } = await attacked(cut);
    const shown = textOf(followPipeline(world.deps, id));
    await finish(world, job);
    expect(await shown).not.toMatch(steering);
    expect(await shown).toContain(
      "\x1b[36;1mPreparing\x1b[0;m\n\x1b[31mred\nstill red link\x1b[0m",
    );
    expect(await shown).toContain(`--- build  (job ${job.id})`);
  },
);

test("what became of a push, with its mistakes, steers no terminal", async () => {
  const { world } = await attacked(1000);
  await push(world, JSON.stringify({ x: { script: "make", stage: `no ${attack}` } }), {
    id: "wrong",
    sha: "d".repeat(40),
  });
  const told = tellPusher(
    world.deps,
    { project: "group/app", ref: `refs/heads/x${attack}`, deliveryId: "wrong" },
    { follow: false },
  );
  const text = await textOf(told);
  expect(text).toContain("for refs/heads/x");
  expect(text).toMatch(/error: .*\bno /);
  expect(text).not.toMatch(steering);
});

test("`slipway run` shows whole lines in their colours, and steers no terminal", async () => {
  const { world, id, job } = await attacked(17);
  const lines: string[] = [];
  const followed = followJobs(world.deps, id, {
    started: () => undefined,
    line: (_, text) => lines.push(text),
    ended: () => undefined,
  });
  await finish(world, job);
  await followed;
  expect(lines.join("\n")).not.toMatch(steering);
  expect(lines).toEqual([
    "\x1b[36;1mPreparing\x1b[0;m",
    "\x1b[31mred\x1b[0m",
    "\x1b[31mstill red link\x1b[0m",
  ]);
});

test("`slipway status` steers no terminal", async () => {
  const { world, id, job } = await attacked(1000);
  await finish(world, job, "failed");
  const pipeline = await pipelineOf(world, id);
  const view = pipelineView(pipeline);
  const text = pipelineText(view, "2026-01-01T00:00:00Z");
  expect(text).toContain("build ");
  expect(text).not.toMatch(steering);
});
