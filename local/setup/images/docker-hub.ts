import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../command.ts";
import { findProgram } from "../programs.ts";

const REMEMBERED_FOR = 600_000;

/**
 * Whether Docker Hub answers. `SLIPWAY_OFFLINE=1` says no and `SLIPWAY_OFFLINE=0` says yes without
 * asking; an answer is remembered for ten minutes, so that a silent network costs its time-out once.
 */
export async function dockerHubAnswers(stateDirectory: string): Promise<boolean> {
  const told = process.env.SLIPWAY_OFFLINE;
  if (told === "1" || told === "0") {
    return told === "0";
  }
  const file = join(stateDirectory, "docker-hub.json");
  const remembered = await readRemembered(file);
  if (remembered !== undefined) {
    return remembered;
  }
  const answers = await ask();
  await writeFile(file, JSON.stringify({ answers, at: Date.now() })).catch(() => undefined);
  return answers;
}

async function readRemembered(file: string): Promise<boolean | undefined> {
  try {
    const { answers, at } = JSON.parse(await readFile(file, "utf8"));
    return typeof at === "number" && Math.abs(Date.now() - at) < REMEMBERED_FOR
      ? answers === true
      : undefined;
  } catch {
    return undefined;
  }
}

async function ask(): Promise<boolean> {
  const url = "https://registry-1.docker.io/v2/";
  // curl knows the machine's proxy settings, which Node's fetch does not.
  if (await findProgram("curl")) {
    const { stdout } = await run(
      "curl",
      ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "3", url],
      { timeLimit: 5_000 },
    );
    return /^(200|401)$/.test(stdout.trim());
  }
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    return response.status === 401 || response.status === 200;
  } catch {
    return false;
  }
}
