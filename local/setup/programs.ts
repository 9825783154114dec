import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Where administration programs live; often not on an ordinary user's PATH. */
const ALSO = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/** Every place where a program of this name is, in the order of PATH. */
export async function findPrograms(name: string): Promise<string[]> {
  const directories = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...ALSO];
  const found: string[] = [];
  for (const path of new Set(directories.map((directory) => join(directory, name)))) {
    if (await isExecutable(path)) {
      found.push(path);
    }
  }
  return found;
}

/** The first program of this name on PATH or among the administration programs. */
export async function findProgram(name: string): Promise<string | undefined> {
  return (await findPrograms(name))[0];
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
