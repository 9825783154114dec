import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isPublicAddress, type Resolve } from "#http/public-address.ts";
import { type PublicFileOptions, readPublicFile } from "#http/public-file.ts";
import { issueCertificates } from "#runner/engine/certificates.ts";

/** Stands for the open Internet: the only address of this machine that the tests take for a public one. */
const OUTSIDE = "127.0.0.1";
/** Stands for the machine: a listener there must never see a connection. */
const INSIDE = "127.0.0.2";

let directory = "";
let outside: Server;
let ca = "";
let port = 0;
let canaryConnections = 0;
const seen: { host: string | undefined; authorization: string | undefined }[] = [];
const canary = createTcpServer((socket) => {
  canaryConnections += 1;
  socket.destroy();
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-public-"));
  const certificate = await issueCertificates(directory, ["files.test", "other.test"]);
  ca = certificate.ca;
  outside = createServer(certificate, (request, response) => {
    const { host, authorization } = request.headers;
    seen.push({ host, authorization });
    const url = new URL(request.url ?? "/", "https://files.test");
    const to = url.searchParams.get("to");
    if (to !== null)
      response
        .writeHead(302, { location: encodeURI(to).replaceAll("%5B", "[").replaceAll("%5D", "]") })
        .end("moved");
    else if (url.pathname === "/loop.yml") response.writeHead(308, { location: "" }).end();
    else if (url.pathname === "/gzip.yml")
      response.writeHead(200, { "content-encoding": "gzip" }).end("x");
    else if (url.pathname === "/large.yml") response.end("x".repeat(2_000));
    else if (url.pathname === "/slow.yml") response.write("slow: {");
    else if (url.pathname === "/a.yml") response.end("far: { script: x }");
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => outside.listen(0, OUTSIDE, done));
  port = (outside.address() as AddressInfo).port;
  await new Promise<void>((done) => canary.listen(port, INSIDE, done));
});

afterAll(async () => {
  outside.closeAllConnections();
  outside.close();
  canary.close();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  canaryConnections = 0;
  seen.length = 0;
});

/** Answers each question for a name with the next of its addresses, the last one for ever. */
function resolver(names: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const resolve: Resolve = async (name) => {
    asked.push(name);
    const answers = names[name] ?? [];
    const before = asked.filter((other) => other === name).length - 1;
    const address = answers[Math.min(before, answers.length - 1)];
    if (address === undefined) throw new Error(`ENOTFOUND ${name}`);
    return address.split(" ").map((each) => ({
      address: each,
      family: each.includes(":") ? 6 : 4,
    }));
  };
  return { asked, resolve };
}

function read(path: string, resolve: Resolve, more: PublicFileOptions = {}) {
  return readPublicFile(path.replaceAll("PORT", String(port)), {
    resolve,
    ca,
    isPublic: (address) => address === OUTSIDE || isPublicAddress(address),
    ...more,
  });
}

describe("a file at a public address", () => {
  test("is read at the address that was checked, although its name means another one by then", async () => {
    const { resolve, asked } = resolver({ "files.test": [OUTSIDE, INSIDE] });
    expect(await read("https://files.test:PORT/a.yml", resolve)).toBe("far: { script: x }");
    expect(asked).toEqual(["files.test"]);
    expect(seen).toEqual([{ host: `files.test:${port}`, authorization: undefined }]);
    expect(canaryConnections).toBe(0);
  });

  test("is not read once its name means the machine, on the same open server too", async () => {
    const { resolve } = resolver({ "files.test": [OUTSIDE, INSIDE] });
    await read("https://files.test:PORT/a.yml", resolve);
    expect(await read("https://files.test:PORT/a.yml", resolve)).toEqual({
      refused: `\`https://files.test:${port}/a.yml\` has no public address: only files on the open Internet are read.`,
    });
    expect(seen).toHaveLength(1);
    expect(canaryConnections).toBe(0);
  });

  test("is read behind redirects, each with its name looked up once and checked", async () => {
    const { resolve, asked } = resolver({ "files.test": [OUTSIDE], "other.test": [OUTSIDE] });
    const to = `https://other.test:${port}/?to=/a.yml`;
    const path = `https://files.test:PORT/?to=${encodeURIComponent(to)}`;
    expect(await read(path, resolve)).toBe("far: { script: x }");
    expect(asked).toEqual(["files.test", "other.test", "other.test"]);
  });

  test.each([
    ["the second answer of its own name", "https://files.test:PORT/a.yml", INSIDE],
    ["a name inside", "https://inside.test:PORT/a.yml", OUTSIDE],
    ["loopback", "https://127.0.0.2:PORT/a.yml", OUTSIDE],
    ["loopback as one number", "https://2130706434:PORT/a.yml", OUTSIDE],
    ["loopback in octal", "https://0177.0.0.2:PORT/a.yml", OUTSIDE],
    ["loopback in hexadecimal", "https://0x7f.2:PORT/a.yml", OUTSIDE],
    ["loopback in full-width digits", "https://１２７.０.０.２:PORT/a.yml", OUTSIDE],
    ["IPv4-mapped loopback", "https://[::ffff:127.0.0.2]:PORT/a.yml", OUTSIDE],
    ["IPv4-mapped loopback in hexadecimal", "https://[::ffff:7f00:2]:PORT/a.yml", OUTSIDE],
    ["the cloud's metadata", "https://169.254.169.254/latest/meta-data/", OUTSIDE],
    ["the cloud's metadata by IPv6", "https://[fd00:ec2::254]/latest/meta-data/", OUTSIDE],
    ["the cloud's metadata behind 6to4", "https://[2002:a9fe:a9fe::]/", OUTSIDE],
  ])("is not read where a redirect leads to %s", async (_what, to, second) => {
    const { resolve } = resolver({ "files.test": [OUTSIDE, second], "inside.test": [INSIDE] });
    const target = to.replace("PORT", String(port));
    const path = `https://files.test:PORT/?to=${encodeURIComponent(target)}`;
    expect(await read(path, resolve)).toEqual({
      refused: expect.stringMatching(/ leads\) has no public address: only files on the open/),
    });
    expect(canaryConnections).toBe(0);
  });

  test.each([
    ["http", "http://files.test:PORT/a.yml"],
    ["a file", "file:///etc/passwd"],
    ["credentials", "https://user:word@files.test:PORT/a.yml"],
  ])("is not read where a redirect leads to %s", async (_what, to) => {
    const { resolve } = resolver({ "files.test": [OUTSIDE] });
    const target = to.replace("PORT", String(port));
    const path = `https://files.test:PORT/?to=${encodeURIComponent(target)}`;
    expect(await read(path, resolve)).toEqual({
      refused: expect.stringMatching(/ leads\) (is no https address|has a user name)/),
    });
    expect(seen).toHaveLength(1);
  });

  test("is not read where one of its name's addresses is inside", async () => {
    for (const mixed of [
      `${OUTSIDE} ${INSIDE}`,
      `${INSIDE} ${OUTSIDE}`,
      `${OUTSIDE} ::ffff:127.0.0.2`,
    ]) {
      const { resolve } = resolver({ "files.test": [mixed] });
      expect(await read("https://files.test:PORT/a.yml", resolve)).toHaveProperty("refused");
    }
    expect(seen).toEqual([]);
    expect(canaryConnections).toBe(0);
  });

  test("names inside and names that do not exist have the same answer", async () => {
    const { resolve } = resolver({ "inside.test": [INSIDE] });
    const answers = await Promise.all(
      ["https://inside.test/a.yml", "https://nowhere.test/a.yml"].map((url) => read(url, resolve)),
    );
    const words = answers.map((answer) =>
      typeof answer === "string" ? answer : answer.refused.replace(/`.*`/, ""),
    );
    expect(words[0]).toBe(words[1]);
  });

  test("is not read from a server whose certificate has another name", async () => {
    const { resolve } = resolver({ "evil.test": [OUTSIDE] });
    expect(await read("https://evil.test:PORT/a.yml", resolve)).toEqual({
      refused: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID"),
    });
    expect(seen).toEqual([]);
  });

  test("is not read from a server that no authority vouches for", async () => {
    const { resolve } = resolver({ "files.test": [OUTSIDE] });
    const options = {
      resolve,
      isPublic: (address: string) => address === OUTSIDE,
    };
    const answer = await readPublicFile(`https://files.test:${port}/a.yml`, options);
    expect(answer).toEqual({ refused: expect.stringMatching(/UNABLE_TO_|SELF_SIGNED/) });
  });

  test.each([
    ["does not exist", "none.yml", {}, "the server answers 404"],
    ["is too large", "large.yml", { largestBytes: 1_999 }, "is larger than 1999 bytes"],
    ["is compressed", "gzip.yml", {}, "comes compressed"],
    ["stops half-way", "slow.yml", { timeoutMilliseconds: 500 }, "took longer than 0.5 seconds"],
  ])("that %s is refused with the reason", async (_what, file, bounds, reason) => {
    const { resolve } = resolver({ "files.test": [OUTSIDE] });
    expect(await read(`https://files.test:PORT/${file}`, resolve, bounds)).toEqual({
      refused: expect.stringContaining(reason),
    });
  });

  test("whose name is never answered for is refused in time", async () => {
    const bounds = { timeoutMilliseconds: 200 };
    expect(await read("https://files.test/a.yml", () => new Promise(() => {}), bounds)).toEqual({
      refused: expect.stringContaining("took longer than 0.2 seconds"),
    });
  });

  test("behind redirects without an end is refused after the fifth", async () => {
    const { resolve } = resolver({ "files.test": [OUTSIDE] });
    expect(await read("https://files.test:PORT/loop.yml", resolve)).toEqual({
      refused: `\`https://files.test:${port}/loop.yml\` leads on and on: more than 5 redirects.`,
    });
    expect(seen).toHaveLength(6);
  });

  test.each([
    "http://example.com/a.yml",
    "https://localhost/a.yml",
    "file:///etc/passwd",
    "nonsense",
  ])("%s is not read", async (address) => {
    expect(await readPublicFile(address)).toHaveProperty("refused");
  });
});
