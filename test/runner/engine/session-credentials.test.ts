import { describe, expect, test } from "vitest";
import { translateCredentials } from "#runner/engine/session-credentials.ts";
import type { RegistryLogin } from "#runner/registry/login.ts";

const long = "x".repeat(3_000);
const registry: RegistryLogin = {
  host: "registry",
  translate: async (server, login) =>
    server === "registry" && login.password === "job" ? { username: "AWS", password: long } : login,
};

/** A gRPC message with texts as fields 1, 2, …; lengths below 128. */
function message(...texts: string[]): Buffer {
  const fields = texts.map((text, index) =>
    Buffer.concat([Buffer.from([((index + 1) << 3) | 2, text.length]), Buffer.from(text)]),
  );
  return framed(Buffer.concat(fields));
}

function framed(content: Buffer, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

describe("BuildKit's question for a login", () => {
  test("is answered with the registry's own, whatever its length", async () => {
    const answer = await translateCredentials(
      message("registry"),
      message("gitlab-ci-token", "job"),
      registry,
    );
    const length = Buffer.from([(3_000 & 0x7f) | 0x80, 3_000 >> 7]);
    const expected = Buffer.concat([
      Buffer.from([0x0a, 3]),
      Buffer.from("AWS"),
      Buffer.from([0x12]),
      length,
      Buffer.from(long),
    ]);
    expect(answer).toEqual(framed(expected));
  });

  test.for([
    ["about another registry", message("elsewhere"), message("user", "job")],
    ["with another password", message("registry"), message("user", "other")],
    ["with no login", message("registry"), framed(Buffer.alloc(0))],
    ["compressed", message("registry"), framed(Buffer.from("gzip"), 1)],
    ["cut off", message("registry"), message("user", "job").subarray(0, 9)],
    ["with a length beyond its end", message("registry"), framed(Buffer.from([0x12, 99, 1]))],
    ["of another type", message("registry"), framed(Buffer.from([0x08, 1]))],
    ["with an endless number", message("registry"), framed(Buffer.alloc(9, 0xff))],
    ["to a question that cannot be read", Buffer.from("?"), message("user", "job")],
    ["that is empty", message("registry"), Buffer.alloc(0)],
  ] as const)("and an answer %s passes as it is", async ([_name, question, answer]) => {
    expect(await translateCredentials(question, answer, registry)).toBe(answer);
  });
});
