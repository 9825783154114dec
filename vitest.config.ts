import { defineConfig } from "vitest/config";
import { UNIT_TESTS } from "./test/engine/only-engine-tests.ts";

const include = ["test/**/*.test.ts", "test/**/*.test.tsx"];
/** What needs this machine's engine, a registry or root. */
const engine = ["test/**/*.engine.test.ts"];
const endToEnd = ["test/end-to-end/**/*.test.ts", "test/security/**/*.test.ts"];
/** What takes the machine's memory, processes or mirror away from others, or changes rules that are there once. */
const alone = ["end-to-end/hostile", "end-to-end/faults", "security/metadata"].map(
  (name) => `test/${name}.test.ts`,
);
const aws = ["test/aws/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        // No module keeps state and none is replaced, so that one process loads each module once for all files.
        test: {
          name: "unit",
          include,
          exclude: [...engine, ...endToEnd, ...aws],
          env: { [UNIT_TESTS]: "true", DOCKER_HOST: "unix:///nonexistent/docker.sock" },
          isolate: false,
          unstubEnvs: true,
          unstubGlobals: true,
          restoreMocks: true,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "engine",
          include: engine,
          exclude: [...endToEnd, ...aws],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Whole services with real engines: more than two at a time starve one another.
        test: {
          name: "end-to-end",
          include: endToEnd,
          exclude: alone,
          maxWorkers: 2,
          // Tests of one file that wait for their jobs side by side.
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "alone",
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
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
