import { defineConfig } from "vitest/config";

const include = ["test/**/*.test.ts", "test/**/*.test.tsx"];
const endToEnd = ["test/end-to-end/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include,
          exclude: endToEnd,
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
    ],
  },
});
