import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { encodePath, type ForgeHttpOptions, forgeHttp } from "#forge/http/http.ts";
import { portOf } from "../../local/git-host/git-fixture.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function serve(listener: RequestListener): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((req, res) => {
    paths.push(`${req.method} ${req.url}`);
    listener(req, res);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${portOf(server)}`, paths };
}

const secret = "glpat-very-secret";
function httpTo(url: string, more: Partial<ForgeHttpOptions> = {}) {
  const authorize = async () => ({ authorization: `Bearer ${secret}` });
  return forgeHttp({ apiUrl: `${url}/api/v4`, authorize, ...more });
}

describe("where requests go", () => {
  test.for([
    "/../../admin",
    "/%2e%2e/%2e%2e/admin",
    "http://127.0.0.1:9/api/v4/x",
    "https://evil.example/api/v4/x",
    "http://user@127.0.0.1:9/api/v4/x",
    "\\..\\..\\admin",
  ])("%s is not asked, being outside of the connection", async (path) => {
    const { url, paths } = await serve((_, res) => res.end("{}"));
    await expect(httpTo(url)({ path })).rejects.toMatchObject({
      name: "ForgeError",
      retryable: false,
    });
    expect(paths).toEqual([]);
  });

  test("another host's name at the start of a path stays a path", async () => {
    const { url, paths } = await serve((_, res) => res.end("{}"));
    await httpTo(url)({ path: "//evil.example/x" });
    await httpTo(url)({ path: `/projects/${encodePath("../a b/#?")}` }).catch(() => undefined);
    expect(paths.every((path) => path.startsWith("GET /api/v4/"))).toBe(true);
  });

  test("a redirect within the API is followed, with the authorization", async () => {
    const { url } = await serve((req, res) => {
      if (req.url === "/api/v4/new") res.end(req.headers.authorization);
      else res.writeHead(301, { location: "/api/v4/new" }).end();
    });
    expect((await httpTo(url)({ path: "/old" })).text).toBe(`Bearer ${secret}`);
  });

  test.for(["other", "/outside", "loop"])("a redirect to %s is not followed", async (where) => {
    const other = await serve((_, res) => res.end("{}"));
    const { url, paths } = await serve((_, res) => {
      const to = { other: `${other.url}/api/v4/x`, "/outside": "/outside", loop: "/api/v4/x" };
      res.writeHead(302, { location: to[where as "other"] }).end();
    });
    await expect(httpTo(url)({ path: "/x" })).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining("not followed"),
    });
    expect(other.paths).toEqual([]);
    expect(paths).not.toContain("GET /outside");
  });
});

describe("what goes wrong", () => {
  test("an answer that quotes the token is told without it", async () => {
    const { url } = await serve((req, res) => {
      res.writeHead(403).end(`no rights for ${req.headers.authorization}\n<b>\0`);
    });
    const failure = await httpTo(url)({ path: "/x" }).catch((error: Error) => error);
    expect(String(failure)).toContain("was answered 403: no rights for");
    expect(String(failure)).not.toContain(secret);
    expect((await httpTo(url)({ path: "/x", expect: [403] })).text).not.toContain(secret);
  });

  test("an answer without end is not read to the end", async () => {
    const { url } = await serve((_, res) => {
      const more = () => {
        while (!res.destroyed && res.write("x".repeat(64 * 1024)));
        if (!res.destroyed) res.once("drain", more);
      };
      more();
    });
    await expect(httpTo(url)({ path: "/x", maxBytes: 1_000_000 })).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining("larger than the 1000000 bytes"),
    });
  });

  test("a token that was rotated a moment ago is read anew, once, also for what changes something", async () => {
    const { url, paths } = await serve((req, res) => {
      res.writeHead(req.headers.authorization === "Bearer new" ? 200 : 401).end("{}");
    });
    const asks: (boolean | undefined)[] = [];
    const authorize = async (how?: { readonly fresh: boolean }) => {
      asks.push(how?.fresh);
      return { authorization: how?.fresh === true ? "Bearer new" : "Bearer old" };
    };
    const http = httpTo(url, { authorize });
    expect((await http({ method: "POST", path: "/x" })).status).toBe(200);
    expect([asks, paths.length]).toEqual([[undefined, true], 2]);
  });

  test("a token is read anew also where the caller can do with a refusal", async () => {
    const { url } = await serve((req, res) => {
      res.writeHead(req.headers.authorization === "Bearer new" ? 200 : 401).end("{}");
    });
    const authorize = async (how?: { readonly fresh: boolean }) => ({
      authorization: how?.fresh === true ? "Bearer new" : "Bearer old",
    });
    expect((await httpTo(url, { authorize })({ path: "/x", expect: [401] })).status).toBe(200);
  });

  test("no token is asked for while the forge wants to be left alone", async () => {
    const { url, paths } = await serve((_, res) => res.end("{}"));
    const authorize = () => Promise.reject(new Error("the forge was asked for a token"));
    const pause = { until: Date.now() + 60_000 };
    await expect(httpTo(url, { authorize, pause })({ path: "/x" })).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining("asked to be left alone"),
    });
    expect(paths).toEqual([]);
  });

  test("a token that is still refused when read anew is an error, and not asked with again", async () => {
    const { url, paths } = await serve((_, res) => res.writeHead(401).end("{}"));
    await expect(httpTo(url)({ path: "/x" })).rejects.toMatchObject({ status: 401 });
    expect(paths).toHaveLength(1);
  });

  test("silence is an error that is worth another try", async () => {
    const { url } = await serve(() => undefined);
    const http = httpTo(url, { timeoutMilliseconds: 50 });
    await expect(http({ path: "/x", method: "POST" })).rejects.toMatchObject({ retryable: true });
  });

  test("a server that is not there is one too", async () => {
    await expect(httpTo("http://127.0.0.1:9")({ path: "/x" })).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining("http://127.0.0.1:9 cannot be reached"),
    });
  });

  test("reading is tried again, writing only what the forge has certainly not done", async () => {
    const { url, paths } = await serve((_, res) => {
      if (paths.length === 1) res.writeHead(500).end();
      else res.end("{}");
    });
    expect((await httpTo(url)({ path: "/x" })).status).toBe(200);
    expect(paths).toHaveLength(2);
    paths.length = 0;
    await expect(httpTo(url)({ path: "/x", method: "POST", body: {} })).rejects.toThrow(/500/);
    expect(paths).toHaveLength(1);
  });
});
