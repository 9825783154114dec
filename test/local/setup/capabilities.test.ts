import { expect, test } from "vitest";
import { lackingCapabilities } from "#local/setup/capabilities.ts";

const status = (mask: string) =>
  `Name:\tnode\nCapEff:\t0000000000000000\nCapBnd:\t${mask}\nCapAmb:\t0\n`;

test.for([
  { mask: "000001ffffffffff", last: 40, lacking: [] },
  { mask: "000001fffeffffff", last: 40, lacking: ["CAP_SYS_RESOURCE"] },
  {
    mask: "000001fffeffefff",
    last: 40,
    lacking: ["CAP_NET_ADMIN", "CAP_SYS_RESOURCE"],
  },
  { mask: "0000003fffffffff", last: 37, lacking: [] },
  {
    mask: "0000003fffffffff",
    last: 40,
    lacking: ["CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"],
  },
])("a bounding set of $mask on a kernel that knows up to $last lacks $lacking", (row) => {
  expect(lackingCapabilities(status(row.mask), row.last)).toEqual(row.lacking);
});

test("a status without a bounding set lacks nothing", () => {
  expect(lackingCapabilities("Name:\tnode\n", 40)).toEqual([]);
});
