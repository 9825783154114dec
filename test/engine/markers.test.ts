import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import {
  ENVIRONMENT_MARKER,
  JOB_MARKER,
  jobMark,
  markedProcesses,
  marksEnvironment,
} from "#engine/markers.ts";

async function marked(name: string, value: string): Promise<number | undefined> {
  const child = spawn("sleep", ["60"], { env: { [name]: value, PATH: "/usr/bin:/bin" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return child.pid;
}

test("processes of an environment and of its jobs are found by their marks, others are not", async () => {
  const id = `env-${randomUUID()}`;
  const runner = await marked(ENVIRONMENT_MARKER, id);
  const job = await marked(JOB_MARKER, jobMark(id, 7, randomUUID()));
  await marked(ENVIRONMENT_MARKER, `${id}0`);
  await marked(JOB_MARKER, jobMark(`${id}0`, 7, randomUUID()));
  await marked("OTHER", `${ENVIRONMENT_MARKER}=${id}`);
  const found = await markedProcesses((entry) => marksEnvironment(entry, id));
  expect(found.toSorted()).toEqual([runner, job].toSorted());
});
