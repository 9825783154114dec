import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { door } from "#local/up/door.ts";
import { commit, git, newWorkTree, portOf, startGitHost } from "./git-fixture.ts";

let host: Awaited<ReturnType<typeof startGitHost>>;
beforeAll(async () => {
  host = await startGitHost();
});
afterAll(() => host.stop());

describe("access", () => {
  test("a wrong token is refused and creates nothing", async () => {
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    const { code, text } = await git(tree, "push", host.url("nope.git", "wrong"), "main");
    expect(code).toBe(128);
    expect(text).toContain("Authentication failed");
    expect(existsSync(join(host.root, "nope.git"))).toBe(false);
  });

  test("no token is answered with 401 and the way to log in", async () => {
    const response = await fetch(
      `http://127.0.0.1:${host.port}/any.git/info/refs?service=git-upload-pack`,
    );
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
  });

  test("a job token reads its own project, no other, and pushes nowhere", async () => {
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    await git(tree, "push", host.url("jobs/own.git"), "main");
    await git(tree, "push", host.url("jobs/other.git"), "main");
    const lsRemote = (project: string) =>
      git(host.directory, "ls-remote", host.url(project, "job-token"));
    expect((await lsRemote("jobs/own.git")).code).toBe(0);
    expect((await lsRemote("jobs/other.git")).text).toContain("403");
    expect((await git(tree, "push", host.url("jobs/own.git", "job-token"), "main:x")).code).toBe(
      128,
    );
    expect(host.pushes).toHaveLength(2);
  });

  test.for([
    ["clash/app/web", "below the project clash/app"],
    ["clash/app/web/deep", "below the project clash/app"],
    ["clash", "clash/app lies below clash"],
    ["Clash", "clash/app lies below Clash"],
    ["Clash/App", "share its images with the project clash/app"],
    ["CLASH/APP/web", "below the project clash/app"],
    ["library/busybox", "can be pulled by everybody"],
  ])(
    "a first push to %s, whose jobs or others' could push its images, is refused",
    async ([project, why]) => {
      const tree = newWorkTree(host.directory);
      commit(tree, "one");
      await git(tree, "push", host.url("clash/app.git"), "main");
      const { code, text } = await git(tree, "push", host.url(`${project}.git`), "main");
      expect(code).toBe(128);
      expect(text).toContain(why);
      expect(existsSync(join(host.root, `${project}.git`))).toBe(false);
    },
  );

  test("paths that only begin alike are no clash", async () => {
    const tree = newWorkTree(host.directory);
    commit(tree, "one");
    for (const project of ["alike/app", "alike/app-2", "alike/app2/web", "alike-2"]) {
      expect((await git(tree, "push", host.url(`${project}.git`), "main")).code).toBe(0);
    }
  });

  test.for([
    ["/../x.git/info/refs?service=git-receive-pack"],
    ["/a/../../x.git/info/refs?service=git-receive-pack"],
    ["/%2e%2e/x.git/info/refs?service=git-receive-pack"],
    ["/a/b/c/d/e/f.git/info/refs?service=git-receive-pack"],
    ["/.hidden/x.git/info/refs?service=git-receive-pack"],
    ["/-x.git/info/refs?service=git-receive-pack"],
    ["/x.git/y.git/info/refs?service=git-receive-pack"],
    ["/x.atom/info/refs?service=git-receive-pack"],
    ["/a//x.git/info/refs?service=git-receive-pack"],
    ["/a\\..\\x.git/info/refs?service=git-receive-pack"],
    ["/x%00.git/info/refs?service=git-receive-pack"],
    [`/${"x".repeat(101)}.git/info/refs?service=git-receive-pack`],
    ["/x.git/info/refs"],
    ["/x.git/info/refs?service=git-upload-archive"],
    ["/x.git/git-receive-pack"],
  ])("GET %s is not found, whoever asks", async ([path]) => {
    const before = readdirSync(host.root);
    const head = await new Promise<string>((resolve) => {
      const socket = connect(host.port, "127.0.0.1", () => {
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic ${btoa("git:s3cret")}\r\n\r\n`,
        );
      });
      socket.once("data", (chunk) => resolve(chunk.toString()));
    });
    expect(head).toMatch(/^HTTP\/1.1 404 /);
    expect(readdirSync(host.root)).toEqual(before);
  });

  test.for(["/x.git/HEAD", "/x.git/objects/info/packs", "/x", "/"])(
    "%s is left to the rest of the service",
    async (path) => {
      expect((await fetch(`http://127.0.0.1:${host.port}${path}`)).status).toBe(418);
    },
  );
});

test("at the service's door, git's requests are answered and the app has the others", async () => {
  const app = new Hono();
  app.get("/hello", (c) => c.text("hello"));
  const server = createServer(door(host, getRequestListener(app.fetch), []));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `127.0.0.1:${portOf(server)}`;
  const tree = newWorkTree(host.directory);
  writeFileSync(join(tree, "big"), randomBytes(3 * 1024 * 1024));
  expect((await git(tree, "add", "big")).code).toBe(0);
  commit(tree, "one");
  const url = `http://git:s3cret@${base}/hono/app.git`;
  const { code, text } = await git(tree, "push", "-o", "ci.skip", url, "main");
  expect({ code, text }).toMatchObject({
    code: 0,
    text: expect.stringContaining("remote: received"),
  });
  expect((await git(host.directory, "clone", "-q", url, "hono-clone")).code).toBe(0);
  expect(await (await fetch(`http://${base}/hello`)).text()).toBe("hello");
  await new Promise((resolve) => server.close(resolve));
});
