import { fuzzJobs } from "../test/runner/support/job-fuzz.ts";
import type { Benchmark } from "./report.ts";

const jobs = 10_000;

/** Mutated job definitions against the runner's command lines and paths. */
export const benchmark: Benchmark = {
  title: `Jobs, ${jobs.toLocaleString("en")} mutated definitions to git's arguments and the job's paths`,
  run: async () => {
    const start = performance.now();
    const { refused, commands, paths, wrong } = fuzzJobs(jobs, 20_261_130);
    const seconds = (performance.now() - start) / 1000;
    for (const one of wrong.slice(0, 10)) console.log(`  ${one}`);
    return [
      { name: "refused, with words for the log", value: refused, unit: "jobs" },
      { name: "commands of git looked at", value: commands, unit: "commands" },
      { name: "paths looked at", value: paths, unit: "paths" },
      { name: "flags of a job, or paths outside", value: wrong.length, unit: "", goal: "0" },
      { name: "speed", value: jobs / seconds, unit: "jobs/s" },
    ];
  },
};
