import { expect, test } from "vitest";
import { fileResponse } from "#functions/http/file-response.ts";

test.for([
  ["app.zip", "attachment; filename=\"app.zip\"; filename*=UTF-8''app.zip"],
  ['a"b\\c.zip', "attachment; filename=\"a_b_c.zip\"; filename*=UTF-8''a%22b%5Cc.zip"],
  ["构建.zip", "attachment; filename=\"__.zip\"; filename*=UTF-8''%E6%9E%84%E5%BB%BA.zip"],
  [
    "x\r\nset-cookie: a",
    "attachment; filename=\"x__set-cookie: a\"; filename*=UTF-8''x%0D%0Aset-cookie%3A%20a",
  ],
  ["it's (1).zip", "attachment; filename=\"it's (1).zip\"; filename*=UTF-8''it%27s%20%281%29.zip"],
] as const)("a file named %j is offered as %s", ([filename, expected]) => {
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const file = { stream: nothing(), sizeBytes: 0 };
  const answer = fileResponse(file, { filename, contentType: "application/zip" });
  expect(answer.headers.get("content-disposition")).toBe(expected);
});
