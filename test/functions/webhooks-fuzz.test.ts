import { expect, test } from "vitest";
import { fuzzWebhooks } from "./webhook-fuzz.ts";

/** `npm run bench -- webhook-fuzz` sends a hundred thousand. */
const requests = 3000;

test(`${requests} mutated requests are answered 200, 202 or 401, and unauthentic ones leave nothing`, {
  timeout: 120_000,
}, async () => {
  const { answers, admitted, keptOfUnsigned } = await fuzzWebhooks(requests);
  expect([...answers.keys()].sort()).toEqual([200, 202, 401]);
  expect({ admitted, keptOfUnsigned }).toEqual({ admitted: 0, keptOfUnsigned: 0 });
});
