import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Notes which engine image this machine uses, for those who only look. */
export async function rememberEngineImage(
  stateDirectory: string,
  engineImage: string,
): Promise<void> {
  await writeFile(machineFile(stateDirectory), `${JSON.stringify({ engineImage })}\n`);
}

/** The engine image that the last set-up noted. */
export async function rememberedEngineImage(stateDirectory: string): Promise<string | undefined> {
  try {
    const noted: unknown = JSON.parse(await readFile(machineFile(stateDirectory), "utf8"));
    return typeof noted === "object" && noted !== null && "engineImage" in noted
      ? String(noted.engineImage)
      : undefined;
  } catch {
    return undefined;
  }
}

function machineFile(stateDirectory: string): string {
  return join(stateDirectory, "machine.json");
}
