import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Starts the writer and resolves once it acknowledged some writes; `acknowledged` goes on growing. */
export async function startWriter(directory: string) {
  const writer = fileURLToPath(new URL("embedded-dynamodb-writer.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", writer, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: number[] = [];
  const exited = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      acknowledged.push(Number(line));
      if (acknowledged.length === 20) resolve();
    });
    child.once("exit", () => reject(new Error("the writer ended before it wrote")));
  });
  return {
    pid: child.pid ?? 0,
    acknowledged,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
