import { expect, onTestFinished, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import { isSignedIn } from "#functions/http/sign-in.ts";
import { finish, push, takeNext } from "../../service/driver.ts";
import { makeWorld } from "../../service/world.ts";

test("pages, logs and artifacts are for those who have the access token, and the token is in no address", async () => {
  const world = await makeWorld();
  onTestFinished(world.close);
  const { deps } = world;
  await deps.store.tokens.put(deps.hash("the-token"), { kind: "access", name: "owner" });
  const id = await push(world, "build: {script: [make]}");
  const job = await takeNext(world, id);
  await finish(world, job);
  const app = createApp({ service: deps, mayReadPages: (request) => isSignedIn(deps, request) });
  const ask = async (path: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    return app.request(path, { headers });
  };
  const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
  const pages = [
    "/",
    `/group/app/-/pipelines/${id}`,
    `/group/app/-/jobs/${job.id}`,
    `/group/app/-/jobs/${job.id}/trace`,
    `/group/app/-/jobs/${job.id}/artifacts/download`,
  ];
  for (const page of pages) {
    for (const given of [
      undefined,
      basic("wrong"),
      basic(""),
      basic(job.token),
      "Bearer the-token",
    ]) {
      const refused = await ask(page, given);
      expect([page, given, refused.status]).toEqual([page, given, 401]);
      expect(refused.headers.get("www-authenticate")).toMatch(/^Basic /);
    }
    expect((await ask(`${page}?token=the-token&access_token=the-token`)).status).toBe(401);
    expect((await ask(page, basic("the-token"))).status).not.toBe(401);
  }
});
