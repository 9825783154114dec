import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzzWebhooks } from "../test/functions/webhook-fuzz.ts";
import type { Benchmark, Row } from "./report.ts";

const requests = 100_000;
const megabyte = 1024 * 1024;

/** The door for webhooks under mutated requests of all forges: what it answers, and what stays in memory. */
export const benchmark: Benchmark = {
  title: `Webhooks, ${requests.toLocaleString("en")} mutated requests to the HTTP door`,
  run: async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage: () => void = runInNewContext("gc");
    const start = performance.now();
    const { answers, admitted, keptOfUnsigned, heap } = await fuzzWebhooks(
      requests,
      collectGarbage,
    );
    const seconds = (performance.now() - start) / 1000;
    const answered = (from: number) =>
      [...answers].reduce((sum, [status, times]) => (status >= from ? sum + times : sum), 0);
    const by = [...answers].sort().map(
      ([status, times]): Row => ({
        name: `answered ${status}`,
        value: times,
        unit: "requests",
      }),
    );
    return [
      ...by,
      { name: "answered 500 or more", value: answered(500), unit: "requests", goal: "0" },
      { name: "unsigned and not answered 401", value: admitted, unit: "requests", goal: "0" },
      { name: "unsigned and kept", value: keptOfUnsigned, unit: "deliveries", goal: "0" },
      { name: "speed, with making the requests", value: requests / seconds, unit: "/s" },
      { name: "heap once warm", value: heap[0] / megabyte, unit: "MB" },
      {
        name: "heap growth since then",
        value: (heap[1] - heap[0]) / megabyte,
        unit: "MB",
        goal: "≤ 10 MB",
      },
    ];
  },
};
