import { defineConfig } from "vitest/config";

const include = ["test/**/*.test.ts", "test/**/*.test.tsx"];
const endToEnd = ["test/end-to-end/**/*.test.ts"];
const aws = ["test/aws/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include,
          exclude: [...endToEnd, ...aws],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // Whole services with real engines: one file at a time, or they starve one another.
        test: {
          name: "end-to-end",
          include: endToEnd,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Stand-ins for AWS's services that build with the real engine, and the whole stack on an emulator.
        test: {
          name: "aws",
          include: aws,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
