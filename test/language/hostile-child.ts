// Run with little memory by hostile.test.ts, and for its times by bench/hostile.ts.
import { compileCase } from "./compile-case.ts";
import { harmless, refused } from "./hostile-inputs.ts";

const results = [];
for (const { name, text, request } of [...refused, ...harmless]) {
  const start = performance.now();
  const { status } = await compileCase(text, request);
  results.push({ name, status, milliseconds: performance.now() - start });
}
console.log(JSON.stringify(results));
