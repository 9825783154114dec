import { expect, test, vi } from "vitest";
import { standardErrorLog } from "#local/up/log.ts";

test.each([
  ["for programs", false, String.raw`"ref":"a\u009b2J\u202eb"`],
  ["on a terminal", true, "ref=ab"],
])(
  "the service's log %s says names from pushes without what steers a terminal",
  (_, isTTY, said) => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const wasTTY = process.stderr.isTTY;
    process.stderr.isTTY = isTTY;
    try {
      standardErrorLog()("warn", "refused", { ref: "a\u009b2J\u202eb" });
    } finally {
      process.stderr.isTTY = wasTTY;
    }
    expect(write.mock.calls).toEqual([[expect.stringContaining(said)]]);
  },
);
