import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBasicAuth, readBasicAuth, splitCredentials } from "#http/basic-auth.ts";

const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString("base64");

describe("an Authorization header of the scheme Basic", () => {
  test.for([
    ["user and password", `Basic ${base64("me:s3cret")}`, "me", "s3cret"],
    ["a scheme in small letters", `basic ${base64("me:s3cret")}`, "me", "s3cret"],
    ["spaces around", `Basic   ${base64("me:s3cret")} `, "me", "s3cret"],
    ["no user", `Basic ${base64(":s3cret")}`, "", "s3cret"],
    ["no password", `Basic ${base64("me:")}`, "me", ""],
    ["a password with colons", `Basic ${base64("me:a:b:")}`, "me", "a:b:"],
    ["names of other scripts", `Basic ${base64("Zoë:пароль")}`, "Zoë", "пароль"],
  ] as const)("with %s is read", ([, header, username, password]) => {
    expect(readBasicAuth(header)).toEqual({ username, password });
  });

  test.for([
    ["no header", undefined],
    ["no header, as fetch says it", null],
    ["an empty one", ""],
    ["the scheme alone", "Basic "],
    ["another scheme", `Bearer ${base64("me:s3cret")}`],
    ["a scheme that only begins so", `Basically ${base64("me:s3cret")}`],
    ["no space", `Basic${base64("me:s3cret")}`],
    ["something after it", `Basic ${base64("me:s3cret")} x`],
    ["two of them", `Basic ${base64("me:a")}, Basic ${base64("me:b")}`],
    ["no colon", `Basic ${base64("s3cret")}`],
    ["no base64", "Basic ###"],
    ["base64 for addresses", "Basic Pz8_Ojo-"],
    ["padding that lacks", "Basic bWU6YQ"],
    ["padding in the middle", "Basic bWU6YQ==bWU6YQ=="],
    ["bits behind the end", "Basic bWU6YR=="],
    ["bytes that are no UTF-8", `Basic ${base64(Uint8Array.of(0x6d, 0x3a, 0xff))}`],
    ["a line break in the password", `Basic ${base64("me:a\nb")}`],
    ["a NUL in the password", `Basic ${base64("me:a\0")}`],
    ["more than anybody needs", `Basic ${base64(`me:${"a".repeat(4_000)}`)}`],
  ] as const)("that has %s is none", ([, header]) => {
    expect(readBasicAuth(header)).toBeUndefined();
  });

  test("says what was written into it", () => {
    const printable = fc.string({ unit: "grapheme", maxLength: 100 });
    fc.assert(
      fc.property(printable, printable, (name, password) => {
        const username = name.replaceAll(":", "");
        const header = `Basic ${encodeBasicAuth(username, password)}`;
        expect(readBasicAuth(header)).toEqual({ username, password });
      }),
    );
  });
});

test("credentials without a colon are none", () => {
  expect(splitCredentials("s3cret")).toBeUndefined();
  expect(splitCredentials(":")).toEqual({ username: "", password: "" });
});
